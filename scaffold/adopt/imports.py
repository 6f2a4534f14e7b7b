"""The import lines of a module: which names it uses, and where each comes from."""

import ast
import sys
from collections.abc import Iterable
from typing import NamedTuple


class Import(NamedTuple):
    """One name of one import; `name` is empty for `import module`."""

    module: str
    name: str
    asname: str = ""

    @property
    def bound(self) -> str:
        """What the module calls it."""
        return self.asname or self.name or self.module.partition(".")[0]


# Names that generated code may need, and where they come from.
KNOWN = {
    each.bound: each
    for each in (
        Import("asyncio", ""),
        Import("threading", ""),
        Import("collections.abc", "AsyncIterator"),
        Import("collections.abc", "Coroutine"),
        Import("collections.abc", "Iterator"),
        Import("pathlib", "Path"),
        Import("typing", "Annotated"),
        Import("typing", "Any"),
        Import("fastapi", "Response"),
        Import("pydantic", "BaseModel"),
        Import("pydantic", "ConfigDict"),
        Import("pydantic", "Field"),
        Import("pydantic", "JsonValue"),
        Import("pydantic", "RootModel"),
        Import("chutekit.media.samples", "DOCUMENT"),
        Import("chutekit.media.samples", "PICTURE"),
        Import("chutekit.media.samples", "SOUND"),
        Import("chutekit.serving.contract", "RequestModel"),
        Import("chutekit.serving.errors", "Refusal"),
    )
}


def of(node: ast.Import | ast.ImportFrom) -> list[Import]:
    """The names that one statement imports."""
    if isinstance(node, ast.Import):
        return [Import(alias.name, "", alias.asname or "") for alias in node.names]
    module = "." * node.level + (node.module or "")
    return [Import(module, alias.name, alias.asname or "") for alias in node.names]


def used(tree: ast.Module) -> set[str]:
    """Every name that the code of a module reads."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    # In quotes stand types that are known later only.
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
                try:
                    inside = ast.parse(annotation.value, mode="eval")
                except (SyntaxError, ValueError):
                    continue
                found |= {each.id for each in ast.walk(inside) if isinstance(each, ast.Name)}
    return found


def written(wanted: Iterable[Import]) -> str:
    """The lines, in the order in which linters want them."""
    groups: dict[int, set[Import]] = {}
    for each in wanted:
        groups.setdefault(_group(each.module), set()).add(each)
    return "\n".join(_lines(groups[place]) for place in sorted(groups))


def _group(module: str) -> int:
    first = module.partition(".")[0]
    if first == "__future__":
        return 0
    if first in sys.stdlib_module_names:
        return 1
    return 3 if first == "chutekit" or module.startswith(".") else 2


def _lines(wanted: set[Import]) -> str:
    plain = sorted({each for each in wanted if not each.name})
    rows = [f"import {_named(each.module, each.asname)}" for each in plain]
    by_module: dict[str, list[Import]] = {}
    for each in sorted(each for each in wanted if each.name):
        by_module.setdefault(each.module, []).append(each)
    for module, names in sorted(by_module.items()):
        parts = [_named(each.name, each.asname) for each in sorted(names, key=_rank)]
        row = f"from {module} import {', '.join(parts)}"
        if len(row) > 100:
            inside = "".join(f"    {part},\n" for part in parts)
            row = f"from {module} import (\n{inside})"
        rows.append(row)
    return "".join(f"{row}\n" for row in rows)


def _rank(each: Import) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    name = each.name
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


def _named(name: str, asname: str) -> str:
    return f"{name} as {asname}" if asname else name
