"""Getting the model's files: what is retried, what is not, and what the owner is told."""

import asyncio
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from chutekit.serving import logs, weights
from chutekit.serving.lifecycle import StartupError
from chutes.util import hf
from chutes.util.hf import CacheVerificationError
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError

MODEL = "someone/something"
REVISION = "0" * 40
Usage = namedtuple("Usage", "total used free")


class Hub:
    """Stands in for Hugging Face: files of a commit, and downloads that fail at first."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.attempts = 0
        self.asked: dict[str, object] = {}

    def snapshot_download(self, model: str, **asked: object) -> str:
        """The call of huggingface_hub that downloads."""
        self.attempts += 1
        self.asked = asked
        if self.failures:
            raise self.failures.pop(0)
        return "/cache/snapshot"

    def model_info(self, model: str, **asked: object) -> SimpleNamespace:
        """The call of huggingface_hub that lists files with their sizes."""
        sizes = {"unet/model.safetensors": 8 * 10**9, "unet/model.bin": 9 * 10**12}
        files = [
            SimpleNamespace(rfilename=name, size=size, lfs=None, blob_id="1")
            for name, size in sizes.items()
        ]
        return SimpleNamespace(siblings=files)


Connect = Callable[..., Hub]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Puts a hub with the given failures in the place of the real one."""
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(weights, "BACK_OFF_SECONDS", 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, 100 * 10**9))

    def connect(*failures: Exception) -> Hub:
        hub = Hub(*failures)
        monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.snapshot_download)
        monkeypatch.setattr(huggingface_hub, "HfApi", lambda: hub)
        return hub

    return connect


def download(gated: bool = False) -> Path:
    """Ask for the safetensors of the model."""
    return weights.download(MODEL, REVISION, ["*.safetensors"], gated=gated)


def refusal(kind: type[Exception]) -> Exception:
    """An error of huggingface_hub, without the HTTP response they are made from."""
    error = kind.__new__(kind)
    Exception.__init__(error, "refused")
    return error


def test_only_the_pinned_commit_and_the_wanted_files_are_asked_for(connect: Connect) -> None:
    hub = connect()
    assert download() == Path("/cache/snapshot")
    assert hub.asked["revision"] == REVISION
    assert hub.asked["allow_patterns"] == ["*.safetensors"]


def test_a_failing_network_is_tried_again(connect: Connect) -> None:
    hub = connect(ConnectionError("reset"), TimeoutError("slow"))
    download()
    assert hub.attempts == 3


def test_a_dead_network_ends_start_up_after_a_few_attempts(connect: Connect) -> None:
    hub = connect(*[ConnectionError("reset")] * 99)
    with pytest.raises(StartupError, match="could not be downloaded"):
        download()
    assert hub.attempts == weights.ATTEMPTS


def test_a_gated_model_without_a_token_says_what_to_do_before_any_request(
    connect: Connect,
) -> None:
    hub = connect()
    with pytest.raises(StartupError, match="HF_TOKEN secret"):
        download(gated=True)
    assert hub.attempts == 0


def test_a_refused_token_is_not_tried_again(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub = connect(refusal(GatedRepoError))
    with pytest.raises(StartupError, match="accept the model's terms") as failed:
        download(gated=True)
    assert hub.attempts == 1
    assert "hf_secret" not in str(failed.value)


def test_a_full_disk_is_noticed_before_the_download(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = connect()
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, 5 * 10**9))
    with pytest.raises(StartupError, match=r"needs 8\.0 GB more on disk"):
        download()
    assert hub.attempts == 0


def test_offline_the_cache_has_the_last_word(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub = connect(refusal(LocalEntryNotFoundError))
    with pytest.raises(StartupError, match="not in the cache"):
        download(gated=True)
    assert hub.attempts == 1


Events = list[tuple[str, dict[str, object]]]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """What is logged."""
    logged: Events = []
    monkeypatch.setattr(
        logs, "event", lambda name, level="info", **fields: logged.append((name, fields))
    )
    return logged


deleted: list[str] = []


def verify(monkeypatch: pytest.MonkeyPatch, outcome: dict[str, object] | Exception) -> None:
    """Verify with a platform that comes to the given result; what it purges is in `deleted`."""
    deleted.clear()

    async def verify_cache(model: str, revision: str, cache_dir: str) -> dict[str, object]:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(hf, "verify_cache", verify_cache)
    monkeypatch.setattr(hf, "purge_model_cache", lambda model, cache_dir: deleted.append(model))
    asyncio.run(weights.verify(MODEL, REVISION))


def test_files_the_platform_knows_are_verified(
    monkeypatch: pytest.MonkeyPatch, events: Events
) -> None:
    verify(monkeypatch, {"verified": 7, "skipped_api_error": False})
    assert events == [("weights_verified", {"files": 7})]


def test_files_left_out_on_purpose_are_not_held_against_the_rest(
    monkeypatch: pytest.MonkeyPatch, events: Events
) -> None:
    missing = CacheVerificationError("x", reason="integrity_mismatch", missing=["model.bin"])
    verify(monkeypatch, missing)
    assert deleted == []
    assert events[0][0] == "weights_verified"


def test_a_platform_that_does_not_answer_is_told_and_not_fatal(
    monkeypatch: pytest.MonkeyPatch, events: Events
) -> None:
    verify(monkeypatch, {"verified": 0, "skipped_api_error": True})
    assert events[0][0] == "weights_unverified"


def test_wrong_files_end_start_up_and_are_deleted(
    monkeypatch: pytest.MonkeyPatch, events: Events
) -> None:
    wrong = CacheVerificationError("x", reason="integrity_mismatch", mismatches=["unet"])
    with pytest.raises(StartupError, match="not those of its commit"):
        verify(monkeypatch, wrong)
    assert deleted == [MODEL]
