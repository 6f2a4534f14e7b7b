"""Regular expressions on texts that are made to take them long.

Python's `re` holds the whole process while it looks: of a grammar of 400 spaces it was three
seconds, of a line of a log of 8 kB nineteen, and both for every client of the instance. What is
counted is how often each looks at a character; of twice the text it may be twice as often.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chutekit.engines import grammars, log

from scaffold.check import module
from scaffold.check.families import image, importing, pins, started, undefined, weights
from scaffold.check.scripts import _SEPARATORS
from scaffold.pins.fetching import _RULES, fetched
from support.backtracking import Looks, grows, looks

APT = next(rule for rule in _RULES if "apt" in rule.command)
CURL = next(rule for rule in _RULES if "curl" in rule.command)
#: What reads it, and a text of so many parts.
MADE: dict[str, tuple[re.Pattern[str], Callable[[int], str]]] = {
    "spaces in a count": (grammars.COUNTED, lambda n: "a{" + " " * n),
    "spaces before a count": (grammars.COUNTED, lambda n: "a" + " " * n),
    "digits of a count": (grammars.REPETITION, lambda n: "{" + "1" * n),
    "digits of a pattern": (grammars.REPEATED, lambda n: "{" + "1" * n),
    "levels in a line": (log.LEVEL, lambda n: "ERROR " * n),
    "a long name of a file": (log.PLACE, lambda n: "a" * 4 * n),
    "names of files": (log.PLACE, lambda n: "a.py:" * n),
    "a frame of no file": (log.FRAME, lambda n: 'File "' + "a/" * n),
    "frames": (log.FRAME, lambda n: 'File "a' * n),
    "a long exception": (log.EXCEPTION, lambda n: ":" + "Aa." * n),
    "exceptions": (log.EXCEPTION, lambda n: ":A" * n),
    "downloads": (pins._PIPED, lambda n: "curl " * n),
    "downloads piped to variables": (pins._PIPED, lambda n: "curl |" + " A=curl|" * n),
    "downloads of nothing": (weights._WEIGHTS, lambda n: "curl " * n),
    "addresses in an address": (weights._WEIGHTS, lambda n: "curl " + "http://" * n),
    "programs as options": (started._INSTALLING, lambda n: "pip " + "-pip " * n),
    "programs": (started._INSTALLING, lambda n: "uv pip " * n),
    "clones": (started._MOVING, lambda n: "git clone " * n),
    "installations": (importing._FETCHES, lambda n: "pip install " * n),
    "removals": (image._REMOVES_CURL, lambda n: "purge " * n),
    "apt as an option": (image._INSTALLS, lambda n: "apt " + "-apt " * n),
    "spaces between commands": (_SEPARATORS, lambda n: "a" + " " * 4 * n + "b"),
    "words with two meanings": (re.compile(APT.firm), lambda n: " -a=b" * n + " x"),
    "options of apt": (re.compile(APT.command), lambda n: "apt " + "-apt " * n),
    "fetches": (re.compile(CURL.command), lambda n: "curl " * n),
}


@pytest.fixture(autouse=True)
def deep() -> Iterator[None]:
    """Room for the tries of one text."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize(("pattern", "make"), MADE.values(), ids=MADE)
def test_it_takes_twice_as_long_for_twice_the_text(
    pattern: re.Pattern[str], make: Callable[[int], str]
) -> None:
    assert grows(pattern, make) < 2.5


def test_what_would_take_longer_is_counted() -> None:
    quartic = re.compile(r"\{\s*[0-9]*\s*,?\s*[0-9]*\s*\}")
    assert grows(quartic, lambda n: "{" + " " * n, 10) > 8
    doubled = re.compile(r"( -\S+| [a-z-]+=\S+)+$")
    assert looks(doubled, " -a=b" * 6 + " x") > 1.9 * looks(doubled, " -a=b" * 5 + " x")


@pytest.mark.parametrize(
    "begin", ["[", "[]", "[^", "[\\", "\\u{", "\\p{", "(?<", "(?P<", "{", "{1", "(", "\\"]
)
def test_a_pattern_is_read_once(begin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of it has an end that never comes."""
    read = 0

    class Counting:
        def __init__(self, pattern: re.Pattern[str]) -> None:
            self.pattern = pattern

        def match(self, text: str, at: int) -> Any:
            nonlocal read
            tried = Looks(self.pattern, text[at:])
            tried.match()
            read += tried.count
            return self.pattern.match(text, at)

    ended = {kind: Counting(pattern) for kind, pattern in grammars.ENDED.items()}
    monkeypatch.setattr(grammars, "ENDED", ended)

    def reading(parts: int) -> int:
        nonlocal read
        read = 0
        for _ in grammars._parts(begin * parts):
            pass
        return read

    assert reading(40) <= 2.5 * max(reading(20), 1)


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (r"a[b)]{2}", ["a", "[b)]", "{2}"]),
        (r"\u{1F}[^]a]", [r"\u{1F}", "[^]a]"]),
        (r"(?<n>a)(?:b)(?<=c)", ["(?<n>", "a", ")", "(?:", "b", ")", "(?<=", "c", ")"]),
        (r"[a\](b", ["[", "a", r"\]", "(", "b"]),
        (r"(?<n(?<m\u{1", ["(", "?", "<", "n", "(", "?", "<", "m", r"\u", "{", "1"]),
        ("a\\", ["a", "\\"]),
        ("{,3}{}{x}", ["{,3}", "{}", "{", "x", "}"]),
    ],
)
def test_the_parts_of_a_pattern(pattern: str, parts: list[str]) -> None:
    assert list(grammars._parts(pattern)) == parts


def test_a_grammar_with_spaces_in_its_counts_is_counted() -> None:
    for counted in ("b{ 1 , 999 }", "b ~ 1 .. 999", "b{999}"):
        with pytest.raises(ValueError, match="all counts multiplied"):
            grammars.grammar(f"root ::= (a{counted[1:]}){counted[1:]}")


def test_one_version_makes_no_other_package_firm() -> None:
    """The command was taken for firm by its end."""
    assert [*fetched("apt-get install -y curl git=1")]
    assert not [*fetched("apt-get install -y curl=1 git=1")]
    assert not [*fetched("apt-get install -y --no-install-recommends  git=1:2.0")]


def test_arguments_are_gathered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def owner(node: ast.AST) -> ast.AST:
        nonlocal asked
        asked += 1
        return module.owner(node)

    monkeypatch.setattr(undefined, "owner", owner)

    def work(functions: int) -> int:
        nonlocal asked
        asked = 0
        code = "def f{0}(a{0}):\n    try: pass\n    except E as e{0}: pass\n    print(e{0})\n"
        parsed = module.parse("chute.py", "".join(code.format(each) for each in range(functions)))
        assert isinstance(parsed, module.Module)
        assert len([*undefined._outside_of_its_handler(parsed)]) == functions
        return asked

    assert work(40) <= 2.1 * work(20)


def test_only_the_engine_names_its_processes() -> None:
    """A prompt with many lines, each as a process would begin it."""
    engine = log.EngineLog()
    engine.serving()
    for number in range(1000):
        engine.add(f"(Client{number} pid=1) ValueError: " + "x" * 10_000)
        engine.add(f'File "{"a" * 10_000}.py", line 1, in f')
    kept = engine._lines
    assert len(kept) <= log.MOST_PROCESSES + 1
    assert all(len(line) <= log.LONGEST_LINE for lines in kept.values() for line in lines)
