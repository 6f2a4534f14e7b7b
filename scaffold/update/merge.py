"""The three-way merge: what the template changed, carried into what the owner made of it.

It happens in a scratch repository that borrows the objects of the owner's: nothing of theirs is
touched, no setting of theirs has a say, and only their folder takes part, so that no rename is
followed to a neighbour in a monorepo.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from scaffold.git import Git, tree

_SETTINGS = (
    *("-c", "merge.conflictStyle=zdiff3"),  # shows the base without what both sides share
    *("-c", "merge.renames=true"),
    *("-c", "merge.renameLimit=10000"),
    *("-c", "merge.directoryRenames=conflict"),
)
_ONE_SIDE_DELETED = {"CONFLICT (modify/delete)", "CONFLICT (rename/delete)"}
_OWNER = "yours"


class Stage(NamedTuple):
    """One version of an unmerged file: 1 the old template's, 2 the owner's, 3 the new one's."""

    mode: str
    blob: str
    number: int


class Change(NamedTuple):
    """What becomes of one file; `blob` is empty when it goes. `added` when the owner has none."""

    path: str
    mode: str
    blob: str
    added: bool


@dataclass(frozen=True)
class Merge:
    """The result beside the owner's tree; all paths are relative to their folder.

    `conflicts` says by path what is the matter, `unmerged` holds the versions git's tools show.
    `kept` was dropped by the template and changed by the owner; `left_out` was deleted by the owner
    and changed by the template. `edited` was changed, added or deleted by the owner, `moved` is
    what of it the template has elsewhere now.
    """

    owner: str
    tree: str
    changes: list[Change]
    new: str
    conflicts: dict[str, str] = field(default_factory=dict)
    unmerged: dict[str, list[Stage]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)


class Side(NamedTuple):
    """A rendered template and the name it has in conflict markers."""

    folder: Path
    name: str


def merge(
    repository: Git,
    owner: str,
    old: Side,
    new: Side,
    moved: Mapping[str, str],
    written: Collection[str] = (),
) -> Merge:
    """Merge into the tree `owner` what changed from `old` to `new`; `moved` files count as one.

    What is `written` by the template alone is never the owner's to merge.
    """
    before = tree(repository, old.folder)
    parts = entries(repository, before)
    base = _moved(repository, before, moved, parts)
    made = entries(repository, base)
    ours = _moved(repository, owner, moved, parts)
    ours = _with(repository, ours, {path: made[path] for path in written if path in made})
    root = _commit(repository, base)
    repository("update-ref", f"refs/heads/{_OWNER}", _commit(repository, ours, root))
    after = tree(repository, new.folder)
    theirs = _commit(repository, after, root)
    repository("update-ref", f"refs/heads/{new.name}", theirs)
    _, output = repository.answer(
        *_SETTINGS, "merge-tree", "--write-tree", "-z", "--messages", _OWNER, new.name
    )
    merged, unmerged, messages = _parse(output)
    kept: list[str] = []
    left_out: list[str] = []
    for path, stages in list(unmerged.items()):
        numbers = {stage.number for stage in stages}
        kinds = {kind for kind, _ in messages.get(path, ()) if kind.startswith("CONFLICT")}
        if kinds and kinds <= _ONE_SIDE_DELETED and numbers in ({1, 2}, {1, 3}):
            (kept if 2 in numbers else left_out).append(path)
            del unmerged[path]
    final = _finished(repository, merged, root, old.name, unmerged, left_out)
    edited = [change.path for change in _changes(repository, before, owner)]
    there, mine = entries(repository, final), entries(repository, owner)
    return Merge(
        owner=owner,
        tree=final,
        changes=list(_changes(repository, owner, final)),
        new=after,
        conflicts={path: _why(messages.get(path, [])) for path in sorted(unmerged)},
        unmerged=unmerged,
        kept=sorted(kept),
        left_out=sorted(left_out),
        edited=[path for path in edited if path not in written],
        moved={
            path: place
            for path, place in _places(repository, (base, made), after, moved, parts).items()
            if path in edited and path in mine and place in there and path not in kept
        },
    )


def difference(repository: Git, result: Merge) -> str:
    """The whole change as a patch."""
    return repository(
        "diff", "--no-ext-diff", "--no-textconv", "--find-renames", result.owner, result.tree
    )


def _commit(repository: Git, tree_: str, *parents: str) -> str:
    arguments = [argument for parent in parents for argument in ("-p", parent)]
    return repository("commit-tree", tree_, *arguments, "-m", "template").strip()


def entries(repository: Git, tree_: str) -> dict[str, tuple[str, str]]:
    """Mode and blob of each file of a tree by its path."""
    listed = repository("ls-tree", "-r", "-z", tree_).split("\0")[:-1]
    found = {}
    for entry in listed:
        details, path = entry.split("\t", 1)
        mode, _, blob = details.split()
        found[path] = (mode, blob)
    return found


def _moved(
    repository: Git, tree_: str, moved: Mapping[str, str], before: Mapping[str, tuple[str, str]]
) -> str:
    """The tree with each file where it belongs by now, so that the merge sees one file.

    Several files that became one are put one after the other. Of these one that the owner deleted
    is taken from `before`: nobody can leave out a part of a file without changing it.
    """
    if not moved:
        return tree_
    found = entries(repository, tree_)
    here = {o: n for o, n in moved.items() if o in found and n not in found}
    parts: dict[str, list[tuple[str, str]]] = {new: [] for new in here.values()}
    for old, new in moved.items():
        if new in parts and (part := found.get(old) or before.get(old)):
            parts[new].append(part)
    joined = {new: _joined(repository, several) for new, several in parts.items()}
    return _with(repository, tree_, dict.fromkeys(here, ("0", "")) | joined)


def _joined(repository: Git, parts: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """One entry with the content of all of them."""
    if len(parts) == 1:
        return parts[0]
    content = b"".join(repository.raw("cat-file", "blob", blob) for _, blob in parts)
    return parts[0][0], repository("hash-object", "-w", "--stdin", given=content).strip()


def _with(repository: Git, tree_: str, entries: Mapping[str, tuple[str, str]]) -> str:
    """The tree with some entries replaced, or removed where the mode is 0."""
    if not entries:
        return tree_
    repository("read-tree", tree_)
    update_index(repository, entries, len(tree_))
    return repository("write-tree").strip()


def update_index(repository: Git, entries: Mapping[str, tuple[str, str]], width: int) -> None:
    """Replace entries of the index, or remove them where the mode is 0; hashes are `width` long."""
    nothing = "0" * width
    # Removed first, so that a folder can take the place of a file.
    ordered = sorted(entries.items(), key=lambda item: item[1][0] != "0")
    lines = (f"{mode} {blob or nothing}\t{path}\0" for path, (mode, blob) in ordered)
    repository("update-index", "-z", "--index-info", given="".join(lines))


def _places(
    repository: Git,
    base: tuple[str, Mapping[str, tuple[str, str]]],
    after: str,
    moved: Mapping[str, str],
    before: Mapping[str, tuple[str, str]],
) -> dict[str, str]:
    """Where files of the old template are in the new one: by declaration, or as git finds them.

    `base` is the old template with its files moved, as a tree and as its entries.
    """
    name, there = base
    output = repository("diff-tree", "-r", "-z", "-M", "-l10000", "--diff-filter=R", name, after)
    tokens = iter(output.split("\0")[:-1])
    found = {next(tokens): next(tokens) for _ in tokens}
    return found | {o: n for o, n in moved.items() if o in before and o not in there}


def _finished(
    repository: Git,
    merged: str,
    root: str,
    base_name: str,
    unmerged: Mapping[str, list[Stage]],
    left_out: list[str],
) -> str:
    """The merged tree with what the owner deleted left out, and the base named in markers."""
    found = entries(repository, merged)
    changes: dict[str, tuple[str, str]] = {path: ("0", "") for path in left_out if path in found}
    short = repository("rev-parse", "--short", root).strip()
    marker = re.compile(rb"^(\|{7,}) " + short.encode() + rb"[0-9a-f]*$", re.MULTILINE)
    for path in unmerged:
        mode, blob = found.get(path, ("", ""))
        if not mode.startswith("100"):
            continue
        content = repository.raw("cat-file", "blob", blob)
        named = marker.sub(rb"\1 " + base_name.encode(), content)
        if named != content:
            stored = repository("hash-object", "-w", "--stdin", given=named).strip()
            changes[path] = (mode, stored)
    return _with(repository, merged, changes)


def _changes(repository: Git, before: str, after: str) -> Iterator[Change]:
    output = repository("diff-tree", "-r", "-z", "--no-renames", before, after)
    tokens = iter(output.split("\0")[:-1])
    for details in tokens:
        old_mode, mode, _, blob, _ = details.removeprefix(":").split()
        gone = mode == "000000"
        yield Change(
            next(tokens), "0" if gone else mode, "" if gone else blob, old_mode == "000000"
        )


_Messages = dict[str, list[tuple[str, str]]]


def _parse(output: str) -> tuple[str, dict[str, list[Stage]], _Messages]:
    """The tree, the unmerged versions and git's remarks by path, from `merge-tree -z`."""
    tokens = iter(output.split("\0"))
    merged = next(tokens)
    unmerged: dict[str, list[Stage]] = {}
    for token in tokens:
        if not token:
            break
        details, path = token.split("\t", 1)
        mode, blob, number = details.split()
        unmerged.setdefault(path, []).append(Stage(mode, blob, int(number)))
    messages: _Messages = {}
    for count in tokens:
        if not count:
            break
        paths = [next(tokens) for _ in range(int(count))]
        kind, text = next(tokens), next(tokens).strip()
        for path in paths:
            messages.setdefault(path, []).append((kind, text))
    return merged, unmerged, messages


def _why(messages: list[tuple[str, str]]) -> str:
    said = [text for kind, text in messages if kind.startswith("CONFLICT")]
    return "; ".join(said) or "unmerged"
