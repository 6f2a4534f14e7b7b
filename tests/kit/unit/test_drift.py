"""What is installed against what was locked."""

from pathlib import Path

import pytest
from chutekit.serving import drift
from chutekit.serving.lifecycle import StartupError


def test_drift_names_each_package_that_changed() -> None:
    changes = list(drift.differences({"pytest": "0.1", "no-such-package": "1.0"}))
    assert changes[0].endswith(", not 0.1")
    assert changes[1] == "no-such-package is missing, not 1.0"


@pytest.mark.parametrize(
    ("installed", "starts"), [("0.6.10", True), ("0.7.0", True), ("0.5.28", False)]
)
def test_sdk_may_be_newer_but_not_older_than_tested(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: str, starts: bool
) -> None:
    lock = tmp_path / "image.lock"
    lock.write_text("chutes==0.6.9 \\\n    --hash=sha256:0\n", encoding="utf-8")
    monkeypatch.setattr(drift, "LOCK", lock)
    monkeypatch.setattr(drift, "development", lambda: False)
    monkeypatch.setattr(drift, "version", lambda name: installed)
    if starts:
        drift.check()
    else:
        with pytest.raises(StartupError, match=r"made for 0\.6\.9"):
            drift.check()
