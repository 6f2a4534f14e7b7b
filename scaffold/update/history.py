"""The template of every released version, as it travels with the package.

`scaffold/history/vX.Y.Z.bundle` holds what that release added to the ones before it, as git packs
it: a thin bundle of one commit, whose tree is the folder `template/` of the release and whose
message is its section of the changelog. `hooks/release.py` writes them; they never change again.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from scaffold import __version__, git
from scaffold.answers.questions import template_folder
from scaffold.errors import BadUsage, OutsideFailure
from scaffold.versions import Version, parse

FOLDER = Path(__file__).parent.parent / "history"


class History:
    """The released templates of one package; usable inside `with opened(...)`."""

    def __init__(self, store: Path, bundles: Path = FOLDER, template: Path | None = None) -> None:
        self._store = store
        self._bundles = bundles
        self._template = template or template_folder()

    @cached_property
    def released(self) -> tuple[Version, ...]:
        """The versions that were packed, oldest first."""
        return versions(self._bundles)

    @cached_property
    def known(self) -> tuple[Version, ...]:
        """The versions a repository can be updated from and to, oldest first.

        The package's own is one of them even before it is released.
        """
        own = parse(__version__)
        return tuple(sorted({*self.released, *([own] if own else [])}))

    @property
    def newest(self) -> Version:
        """What `update` brings a repository to."""
        return self.known[-1]

    def find(self, text: str) -> Version:
        """The version somebody named."""
        version = parse(text)
        if version not in self.known:
            known = ", ".join(map(str, self.known))
            raise BadUsage(f"there is no version {text!r} here", hint=f"known: {known}")
        return version

    def template(self, version: Version) -> Path:
        """The template folder of a known version."""
        if version not in self.released:
            return self._template
        folder = self._store / version.tag
        if not folder.is_dir():
            folder.mkdir()
            self._repository("read-tree", version.tag)
            self._repository(f"--work-tree={folder}", "checkout-index", "--all")
        return folder

    def notes(self, version: Version) -> str:
        """The changelog's section for a version; empty where it was not released yet."""
        if version not in self.released:
            return ""
        return self._repository("log", "-1", "--format=%b", version.tag).strip()

    def since(self, version: Version, until: Version) -> list[tuple[Version, str]]:
        """What each release after `version` brought, oldest first."""
        return [(v, self.notes(v)) for v in self.known if version < v <= until]

    @cached_property
    def _repository(self) -> git.Git:
        repository = git.scratch(self._store / "releases.git")
        try:
            unpack(repository, self._bundles, self.released)
        except subprocess.CalledProcessError as error:
            raise OutsideFailure(
                f"the released templates are damaged: {git.said(error)}"
            ) from error
        return repository


def versions(bundles: Path = FOLDER) -> tuple[Version, ...]:
    """The versions packed in a folder, oldest first."""
    return tuple(sorted(filter(None, (parse(path.stem) for path in bundles.glob("v*.bundle")))))


def unpack(repository: git.Git, bundles: Path, wanted: Sequence[Version]) -> None:
    """Bring the bundles into a repository, each as a commit on top of the one before, tagged."""
    for version in wanted:
        found = repository("bundle", "unbundle", str(bundles.resolve() / f"{version.tag}.bundle"))
        repository("update-ref", f"refs/tags/{version.tag}", found.split()[0])


@contextlib.contextmanager
def opened(bundles: Path = FOLDER, template: Path | None = None) -> Iterator[History]:
    """The history, with templates unpacked as needed until the block ends."""
    with tempfile.TemporaryDirectory(prefix="chute-new-") as store:
        yield History(Path(store), bundles, template)
