"""Nobody is answered with what another release, another chute or another writer kept."""

from types import SimpleNamespace
from typing import Any

import pytest
from chutekit.caches import redis
from chutekit.serving import app
from chutekit.serving.app import ServedChute
from chutekit.serving.contract import Job, RequestModel
from chutekit.serving.exchange import Exchange
from chutekit.serving.recall import Recall, remembered

URL = "redis://:password@127.0.0.1:1/0"


class Shared:
    """As much of a Redis as the cache uses, in the hands of whoever has its address."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        """What is there."""
        return self.values.get(name)

    def set(self, name: str, value: bytes, ex: int) -> None:
        """Keep it."""
        self.values[name] = value


class Gone(dict[str, bytes]):
    """A Redis that does not answer."""

    def get(self, *_: object) -> Any:
        """As one that is down."""
        raise ConnectionError

    def __setitem__(self, *_: object) -> None:
        raise ConnectionError


class Asked(RequestModel):
    """A text."""

    text: str


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Shared:
    """One Redis for all caches of a test."""
    one = Shared()
    monkeypatch.setattr(redis, "_connect", lambda _: one)
    monkeypatch.setenv("CACHE_SECRET", "of this chute alone")
    return one


def test_what_another_writer_put_there_is_a_miss(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = redis.Cache(URL)
    ours.put("a", b"an answer")
    assert ours.get("a") == redis.Cache(URL).get("a") == b"an answer"
    monkeypatch.delenv("CACHE_SECRET")
    theirs = redis.Cache(URL)
    assert theirs.get("a") is None
    theirs.put("a", b"poison")
    assert ours.get("a") is None


def test_an_answer_is_one_to_its_own_question(shared: Shared) -> None:
    cache = redis.Cache(URL)
    cache.put("a", b"an answer")
    (value,) = shared.values.values()
    cache.put("b", b"another answer")
    for name in list(shared.values):
        shared.values[name] = value
    assert (cache.get("a"), cache.get("b")) == (b"an answer", None)


def test_a_checksum_is_no_signature(shared: Shared) -> None:
    cache = redis.Cache(URL)
    cache.put("a", b"an answer")
    (name,) = shared.values
    for forged in (redis.frame(b"poison", "a", b""), redis.frame(b"poison", "a", b"key")):
        shared.values[name] = forged
        assert cache.get("a") is None


@pytest.mark.parametrize("secret", ["", None])
def test_it_says_so_when_others_have_the_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], secret: str | None
) -> None:
    one = Shared()
    monkeypatch.setattr(redis, "_connect", lambda _: one)
    monkeypatch.delenv("CACHE_SECRET", raising=False)
    if secret is not None:
        monkeypatch.setenv("CACHE_SECRET", secret)
    cache = redis.Cache(URL)
    assert "there is no CACHE_SECRET secret" in capsys.readouterr().out
    cache.put("a", b"an answer")
    assert redis.Cache(URL).get("a") == b"an answer"
    assert redis.Cache(URL + "1").get("a") is None


def test_instances_share_answers_and_believe_no_other(shared: Shared) -> None:
    """Of a model of one's own as of any: what is not as they wrote it is made again."""
    made: list[bytes] = []

    def make() -> bytes:
        made.append(b"answer %d" % len(made))
        return made[-1]

    def ask(recall: Recall, text: str) -> tuple[bytes, str]:
        job: Job[Any] = Job(Asked(text=text), Exchange("1"))
        return remembered(recall, job, make, "say"), job.exchange.fields["cache"]

    one, two = (Recall(redis.Cache(URL), "code") for _ in range(2))
    assert ask(one, "hello") == (b"answer 0", "miss")
    assert ask(two, "hello") == (b"answer 0", "hit")
    assert ask(Recall(redis.Cache(URL), "other code"), "hello") == (b"answer 1", "miss")
    assert ask(two, "good morning") == (b"answer 2", "miss")
    first, *_, last = shared.values
    shared.values[first] = shared.values[last]
    assert ask(one, "hello") == (b"answer 3", "miss")
    shared.values.update(dict.fromkeys(shared.values, b"poison"))
    assert ask(two, "good morning") == (b"answer 4", "miss")
    shared.values = Gone()
    assert ask(one, "hello") == (b"answer 5", "miss")
    assert ask(two, "hello") == (b"answer 6", "miss")


def code(**different: Any) -> str:
    """The digest of a chute that differs in this."""
    facts: dict[str, Any] = {
        "name": "mine",
        "image": SimpleNamespace(name="mine", tag="1"),
        "revision": "0" * 40,
        "_source_hash": "a",
        "_own": "1",
    }
    made: Any = ServedChute.code
    return str(made.fget(SimpleNamespace(**facts | different)))


def test_the_code_tells_all_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert code() == code(_own="2")
    others = [
        code(name="mine-staging"),
        code(image=SimpleNamespace(name="mine", tag="2")),
        code(image="somebody/mine:1"),
        code(revision="1" * 40),
        code(_source_hash="b"),
        code(_source_hash=None),
        code(_source_hash=None, _own="2"),
    ]
    monkeypatch.setattr(app, "__version__", "0")
    assert len({code(), *others}) == len(others) + 1
