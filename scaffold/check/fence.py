"""How the chutekit folders of a repository differ from the lists that came with them.

The list, chutekit/MANIFEST.json, is data that anybody may have written: it is read and compared,
and whatever is wrong with it is an answer. chutekit/ops/check.py does the same for `make check`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scaffold.check.repository import Repository
from scaffold.check.tree import Tree
from scaffold.generated import record

PACKAGE = "chutekit/"
LIST = "MANIFEST.json"


@dataclass(frozen=True)
class Fence:
    """One chutekit folder; names are relative to it. `unreadable` when its list is of no use.

    `missing` is what the list names and a file beside or in the folder imports: what else is not
    there was left out because the repository has no use for it.
    """

    folder: str
    unreadable: bool = False
    edited: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def manifest(self) -> str:
        """The path of its list."""
        return self.folder + LIST


def fences(repository: Repository) -> Iterator[Fence]:
    """Each chutekit of a repository; a folder that only has the name is none."""
    tree = repository.tree
    if repository.single:
        return
    for name in tree.names:
        if not f"/{name}".endswith(f"/{PACKAGE}__init__.py"):
            continue
        folder = name.removesuffix("__init__.py")
        root = folder.removesuffix(PACKAGE)
        if folder + LIST in tree.known or root + record.NAME in tree.known:
            yield _compared(repository, folder, root)


def _compared(repository: Repository, folder: str, root: str) -> Fence:
    tree = repository.tree
    listed = _listed(tree.text(folder + LIST))
    if listed is None:
        return Fence(folder, unreadable=True)
    present = {
        name.removeprefix(folder)
        for name in tree.names
        if name.startswith(folder) and name.endswith(".py")
    }
    return Fence(
        folder,
        edited=tuple(
            n for n in sorted(present & listed.keys()) if _hash(tree, folder + n) != listed[n]
        ),
        added=tuple(sorted(present - listed.keys())),
        missing=tuple(sorted(_imported(repository, root) & (listed.keys() - present))),
    )


def _listed(text: str | None) -> Mapping[str, object] | None:
    """The files and hashes of a list; None when it is no list."""
    try:
        document = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    files = document.get("files") if isinstance(document, dict) else None
    return files if isinstance(files, dict) else None


def _hash(tree: Tree, name: str) -> str:
    text = tree.text(name)
    if text is None:
        return ""
    # A checkout may have other line ends; they are no edit.
    plain = text.replace("\r\n", "\n").encode(errors="surrogatepass")
    return hashlib.sha256(plain).hexdigest()


def _imported(repository: Repository, root: str) -> set[str]:
    """The files of chutekit that modules below a folder import, as paths in it."""
    found: set[str] = set()
    for module in repository.modules:
        if module.path.startswith(root):
            for name in module.imported_modules:
                if name.startswith("chutekit."):
                    path = name.removeprefix("chutekit.").replace(".", "/")
                    found |= {f"{path}.py", f"{path}/__init__.py"}
    return found
