"""Nothing moves by itself: packages, base image, model and image tag are pinned.

Tests that every repository runs as they are: pyproject.toml names them among its own.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chutes.chute import Chute

from chutekit.ops.declared import settings
from chutekit.ops.image_tag import tag
from chutekit.ops.pin import lagging
from chutekit.testing.running import ROOT

REQUIREMENTS = ROOT / "requirements"
LAPTOP = {"load", "ops", "testing"}
SUPPORT_CODE = sorted(
    path
    for path in (ROOT / "chutekit").rglob("*.py")
    if path.relative_to(ROOT).parts[1] not in LAPTOP
)
#: Files of one's own that go into the image.
ADDED = [Path(name) for name in settings().added]
OWN = {"chute", "chutekit", *(path.parts[0].removesuffix(".py") for path in ADDED)}


def entries(lock: str) -> Iterator[str]:
    """The requirements of a lock, each with its hashes on one line."""
    text = (REQUIREMENTS / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def pins(lock: str) -> dict[str, str]:
    """The locked version of each package."""
    found = (re.match(r"([^=\s]+)==(\S+)", line) for line in entries(lock))
    return {match[1]: match[2] for match in found if match}


def canonical(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def provided() -> dict[str, str]:
    """The packages of modules that have another name, as image.in says: `NAME  # import MODULE`."""
    source = (REQUIREMENTS / "image.in").read_text(encoding="utf-8")
    found = re.findall(r"^([A-Za-z0-9._-]+).*# import (\w+)$", source, re.MULTILINE)
    return {"PIL": "pillow"} | {module: canonical(package) for package, module in found}


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).split(".")[0])
    return names


@pytest.mark.parametrize("lock", ["dev.lock", "image.lock"])
def test_every_package_is_locked_by_version_and_hash(lock: str) -> None:
    loose = [
        line.split()[0]
        for line in entries(lock)
        if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ]
    assert not loose


def test_nothing_locked_comes_from_an_index_of_its_own() -> None:
    for lock in REQUIREMENTS.glob("*.lock"):
        assert not re.search(r"^\s*--(?!hash)|://", lock.read_text(encoding="utf-8"), re.MULTILINE)


def test_lock_holds_what_its_source_asks_for() -> None:
    assert lagging(REQUIREMENTS) == []


def test_constraints_are_the_lock_without_the_sdk() -> None:
    locked = pins("image.lock")
    del locked["chutes"]
    assert dict(re.findall(r"^([^#=]+)==(.+)$", constraints(), re.MULTILINE)) == locked


def constraints() -> str:
    """The text that keeps the platform's installation of the SDK from changing anything else."""
    return (REQUIREMENTS / "constraints.txt").read_text(encoding="utf-8")


def test_image_and_laptop_have_the_same_sdk() -> None:
    assert pins("image.lock")["chutes"] == pins("dev.lock")["chutes"]


@pytest.mark.parametrize("path", [ROOT / "chute.py", *SUPPORT_CODE], ids=lambda path: path.name)
def test_every_import_at_run_time_is_in_the_image(path: Path) -> None:
    outside = imported(path) - OWN - sys.stdlib_module_names
    known = provided()
    packages = {known.get(name) or canonical(name) for name in outside}
    assert packages <= set(pins("image.lock"))


def test_every_model_is_pinned_to_a_commit() -> None:
    code = ast.parse((ROOT / "chute.py").read_text(encoding="utf-8"))
    stated = [
        ast.literal_eval(node.value)
        for node in code.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("REVISION", "MODELS")
    ]
    assert stated
    named = [each for value in stated for each in ([value] if isinstance(value, str) else value)]
    assert [each for each in named if not re.search(r"(^|.@)[0-9a-f]{40}$", each)] == []


def test_base_image_is_pinned_to_a_version(declared: Chute) -> None:
    base = str(declared.image).splitlines()[0]
    assert re.search(r":\d+\.\d+\.\d+\S*$|@sha256:[0-9a-f]{64}$", base), f"{base} can move"


def test_image_tag_follows_from_what_is_in_the_image(declared: Chute) -> None:
    assert declared.image.tag == tag(declared.image)


def test_only_requirements_and_support_code_leave_this_machine(declared: Chute) -> None:
    added = {path for step in declared.image._directives for path in step._build_context}
    assert {Path(path) for path in added} == {
        Path("requirements/constraints.txt"),
        Path("requirements/image.lock"),
        *(path.relative_to(ROOT) for path in SUPPORT_CODE),
        *ADDED,
    }


def test_dockerfile_has_one_instruction_per_line(declared: Chute) -> None:
    for line in str(declared.image).splitlines():
        assert re.match(r"(FROM|USER|ENV|ADD|RUN) \S", line), line
