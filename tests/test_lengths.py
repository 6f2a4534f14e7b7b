"""A module of the tests is about one thing, and short enough to be read as one."""

from support.places import ROOT, TESTS

LONGEST = 400


def test_no_module_of_the_tests_is_too_long_to_read() -> None:
    lengths = {path: path.read_bytes().count(b"\n") for path in sorted(TESTS.rglob("*.py"))}
    too_long = [
        f"{path.relative_to(ROOT)} has {lines} lines, {LONGEST} at most: split it by what its tests"
        " are about, and put what both halves need into tests/support"
        for path, lines in lengths.items()
        if lines > LONGEST
    ]
    assert not too_long, "\n".join(too_long)
