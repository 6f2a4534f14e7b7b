"""Make the files of a release: the version in its places, and the packed template.

    python hooks/release.py X.Y.Z
    python hooks/release.py --check
    python hooks/release.py --export FOLDER

The first one wants a section for X.Y.Z in CHANGELOG.md, whose first paragraph says truly whether an
update costs a new image. It writes the version into the package and the template, packs `template/`
as scaffold/history/vX.Y.Z.bundle, and lists in decorators.txt beside it which files of it have
decorators that `chute-new check` vouches for; commit all of it with the message `Release vX.Y.Z`.
`--check` exits 1 when the newest bundle, a version or a section does not fit.
`--export` makes a git repository of the released templates, with tags, as plain `copier` wants it
to be published: whoever pushes it somewhere can `copier copy` and `copier update` from there.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import yaml

from scaffold import git
from scaffold.update.history import unpack, versions
from scaffold.versions import Version, parse

ROOT = Path(__file__).parent.parent
# What stands before the version in each file, the version itself, and what stands after it.
PLACES = {
    "scaffold/__init__.py": re.compile(r'^(__version__ = ")([\d.]+)(")$', re.MULTILINE),
    "template/copier.yml": re.compile(
        r'^(version: \{type: str, when: false, default: ")([\d.]+)("\})$', re.MULTILINE
    ),
}
DECORATORS = "decorators.txt"
IMAGE_TAGS = "data/image_tags.yml"
#: How the first paragraph of a release's notes says what an update costs: a new image, or none.
COSTS = {True: "build, stage and promote", False: "the image tag does not"}
_CHUTE_CLASS = re.compile(r"^class \w+\(\w*Chute\):$", re.MULTILINE)
_IGNORED = ("__pycache__", ".ruff_cache", ".mypy_cache", ".pytest_cache")


class NotReadyError(Exception):
    """The release cannot be made; says why."""


def notes(changelog: str, version: Version) -> str:
    """The section of a version in the changelog, without its heading; empty when there is none."""
    heading = re.compile(rf"^## {re.escape(str(version))}( .*)?$", re.MULTILINE)
    if not (found := heading.search(changelog)):
        return ""
    return re.split(r"^## ", changelog[found.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()


def unsaid(text: str, before: dict[str, str], now: dict[str, str]) -> str | None:
    """What notes should say of the cost of an update and do not; None when they say it.

    `before` and `now` are the image tags of two releases by combination of answers: an image that
    no repository could have had before costs nobody anything.
    """
    new_image = any(now.get(name) != tag for name, tag in before.items())
    said = " ".join(text.split("\n\n")[0].lower().split())
    if not before or (COSTS[new_image] in said and COSTS[not new_image] not in said):
        return None
    return (
        f'its first paragraph must say "{COSTS[new_image]}": the image tags'
        f" {'changed' if new_image else 'are those of the release before'}"
    )


def _image_tags(text: str) -> dict[str, str]:
    return dict(yaml.safe_load(text)["image_tags"]["default"])


def _released_tags(repository: git.Git, version: Version) -> dict[str, str]:
    """The image tags in a release; none where its template has no images."""
    if not repository("ls-tree", "--name-only", version.tag, IMAGE_TAGS):
        return {}
    return _image_tags(repository("show", f"{version.tag}:{IMAGE_TAGS}"))


def _cost_unsaid(root: Path, known: Sequence[Version], text: str) -> str | None:
    """What the notes of the release to come leave out of the cost of an update from the last."""
    path = root / "template" / IMAGE_TAGS
    if not known or not path.is_file():
        return None
    with tempfile.TemporaryDirectory() as folder:
        repository = git.scratch(Path(folder, "releases.git"))
        unpack(repository, root / "scaffold" / "history", known)
        return unsaid(text, _released_tags(repository, known[-1]), _image_tags(path.read_text()))


def set_version(root: Path, version: Version) -> None:
    """Write the version in all of its places."""
    for name, pattern in PLACES.items():
        path = root / name
        text, count = pattern.subn(rf"\g<1>{version}\g<3>", path.read_text(encoding="utf-8"))
        if count != 1:
            raise NotReadyError(f"{name}: no line for the version")
        path.write_text(text, encoding="utf-8")


def pack(template: Path, bundles: Path, version: Version, text: str) -> Path:
    """Write the bundle of a release; the same template and releases before give the same commit."""
    before = [known for known in versions(bundles) if known < version]
    with tempfile.TemporaryDirectory() as folder:
        repository = git.scratch(Path(folder, "releases.git"))
        unpack(repository, bundles, before)
        content = git.tree(repository, _clean_copy(template, Path(folder, "template")))
        parents = ["-p", before[-1].tag] if before else []
        message = f"Release {version.tag}\n\n{text}\n"
        commit = repository("commit-tree", content, *parents, given=message).strip()
        repository("update-ref", f"refs/tags/{version.tag}", commit)
        bundle = bundles.resolve() / f"{version.tag}.bundle"
        bundles.mkdir(exist_ok=True)
        revisions = [version.tag, *(f"^{known.tag}" for known in before)]
        # One thread, because several find other deltas each time.
        settings = ("-c", "pack.threads=1", "-c", "pack.compression=9", "-c", "pack.window=50")
        repository(*settings, "bundle", "create", "--quiet", str(bundle), *revisions)
    return bundle


def decorators(template: Path, version: Version) -> Iterator[str]:
    """A line `HASH NAME VERSION` for each file of a template that has a class of chutes."""
    for path in sorted((template / "project").rglob("*.py")):
        content = path.read_bytes()
        if _CHUTE_CLASS.search(content.decode()):
            yield f"{hashlib.sha256(content).hexdigest()} {path.name} {version}"


def list_decorators(bundles: Path, template: Path, version: Version) -> None:
    """Add what a release has of them to the list; a file that did not change stands in it once."""
    path = bundles / DECORATORS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    known = {line.rpartition(" ")[0] for line in lines}
    lines += [
        line for line in decorators(template, version) if line.rpartition(" ")[0] not in known
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _clean_copy(template: Path, folder: Path) -> Path:
    """The template without what tools leave in it."""
    import shutil

    ignored = shutil.ignore_patterns(*_IGNORED, "*.py[co]")
    return Path(shutil.copytree(template, folder, ignore=ignored))


def release(root: Path, version: Version) -> Path:
    """All files of a release; refuses one that exists, goes back or has no changelog."""
    bundles = root / "scaffold" / "history"
    known = versions(bundles)
    if known and version <= known[-1]:
        raise NotReadyError(f"{known[-1]} is released already: a new version must be later")
    text = notes((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    if not text:
        raise NotReadyError(f"CHANGELOG.md has no section `## {version}` that says anything")
    if cost := _cost_unsaid(root, known, text):
        raise NotReadyError(f"CHANGELOG.md, `## {version}`: {cost}")
    if (root / ".git").exists() and (changed := git.Git(root)("status", "-s", "--", "template")):
        raise NotReadyError(f"template/ is not as it is committed:\n{changed.rstrip()}")
    set_version(root, version)
    bundle = pack(root / "template", bundles, version, text)
    list_decorators(bundles, root / "template", version)
    return bundle


def problems(root: Path) -> Iterator[str]:
    """What does not fit: the version in its places, or the newest bundle and the changelog."""
    bundles = root / "scaffold" / "history"
    found = {}
    for name, pattern in PLACES.items():
        match = pattern.search((root / name).read_text(encoding="utf-8"))
        found[name] = match[2] if match else None
    if len(set(found.values())) != 1:
        yield f"the versions differ: {found}"
    known = versions(bundles)
    if known and str(known[-1]) not in found.values():
        yield f"the newest bundle is {known[-1]}, which is not the version in {', '.join(found)}"
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    yield from (f"CHANGELOG.md has no section for {v}" for v in known if not notes(changelog, v))
    with tempfile.TemporaryDirectory() as folder:
        repository = git.scratch(Path(folder, "releases.git"))
        try:
            unpack(repository, bundles, known)
        except subprocess.CalledProcessError as error:
            yield f"a bundle is damaged: {git.said(error)}"
            return
        tags = [_released_tags(repository, version) for version in known]
    for number, (before, now) in enumerate(pairwise(tags), 1):
        if cost := unsaid(notes(changelog, known[number]), before, now):
            yield f"CHANGELOG.md, `## {known[number]}`: {cost}"


def export(bundles: Path, folder: Path) -> None:
    """A repository with one tagged commit per release and the newest checked out."""
    known = versions(bundles)
    if not known:
        raise NotReadyError("nothing is released yet")
    if folder.exists():
        raise NotReadyError(f"{folder} exists already")
    repository = git.scratch(folder.resolve() / ".git")
    unpack(repository, bundles, known)
    repository("update-ref", "refs/heads/main", known[-1].tag)
    repository("symbolic-ref", "HEAD", "refs/heads/main")
    repository("config", "core.bare", "false")
    work = git.Git(folder.resolve(), GIT_DIR=str(folder.resolve() / ".git"))
    work("reset", "--hard", "--quiet")


def main() -> int:
    """Release, check or export; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("version", nargs="?", help="X.Y.Z, later than all before")
    choice.add_argument("--check", action="store_true", help="exit 1 when something does not fit")
    choice.add_argument("--export", type=Path, metavar="FOLDER", help="make a git repository")
    arguments = parser.parse_args()
    try:
        if arguments.check:
            found = list(problems(ROOT))
            for problem in found:
                print(problem)
            return 1 if found else 0
        if arguments.export:
            export(ROOT / "scaffold" / "history", arguments.export)
            return 0
        if not (version := parse(arguments.version)):
            raise NotReadyError(f"{arguments.version} is not of the form X.Y.Z")
        bundle = release(ROOT, version)
    except NotReadyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    made = [bundle, bundle.parent / DECORATORS]
    paths = " ".join(["CHANGELOG.md", *PLACES, *(str(path.relative_to(ROOT)) for path in made)])
    print(f"packed {bundle.stat().st_size} bytes; now commit:")
    print(f"  git add {paths} && git commit -m 'Release {version.tag}' -- {paths}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
