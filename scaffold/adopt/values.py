"""Values of fields: their defaults and options, and examples, shown or made up."""

import ast
from typing import Any

from scaffold.adopt import annotations, examples
from scaffold.check.code import Field, fields, keyword
from scaffold.check.declared import Cord
from scaffold.check.repository import Repository
from scaffold.check.values import local_class, read, scope_of


class Values:
    """Those of one prototype."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    def default(self, each: Field) -> Any:
        """What a field is when it is left out; None where that cannot be seen, too."""
        node = each.value
        if (call := annotations.field_call(node)) is not None:
            node = keyword(call, "default") or (call.args[0] if call.args else None)
        if node is None:
            return None
        value = read(node, scope_of(node, self.repository))
        return value.value if value.known and value.value is not Ellipsis else None

    def option(self, each: Field, name: str) -> Any:
        """What Field is told under a name."""
        call = annotations.field_call(each.value)
        node = keyword(call, name) if call is not None else None
        if node is None:
            return None
        value = read(node, scope_of(node, self.repository))
        return value.value if value.known else None

    def example(self, each: Field) -> Any:
        """A value for a field: one that its owner shows, or one that is made up."""
        shown = self.option(each, "examples")
        if isinstance(shown, list) and shown:
            return shown[0]
        if (one := self.option(each, "example")) is not None:
            return one
        return self._made_up(each.annotation, each)

    def _made_up(self, node: ast.expr, each: Field, depth: int = 0) -> Any:
        inner = annotations.optional(node) or node
        name = annotations.type_name(inner)
        if name == "Annotated" and isinstance(inner, ast.Subscript):
            parts = annotations.parts(inner)
            return self._made_up(parts[0], each, depth + 1)
        if name == "str":
            least = self.option(each, "min_length") or 0
            most, pattern = self.option(each, "max_length"), self.option(each, "pattern")
            return examples.text(each.name, int(least), most, pattern)
        if name in annotations.NUMBERS:
            return self._number(each, whole=name == "int")
        if name == "bool":
            return True
        if name == "Literal" and isinstance(inner, ast.Subscript):
            parts = annotations.parts(inner)
            return parts[0].value if isinstance(parts[0], ast.Constant) else None
        if name in annotations.LISTS and isinstance(inner, ast.Subscript):
            one = self._made_up(inner.slice, each, depth + 1)
            count = max(1, int(self.option(each, "min_length") or 1))
            return None if one is None else [one] * count
        if name in annotations.DICTS or name in ("Any", "object"):
            return {}
        if name in annotations.SHOWN:
            return annotations.SHOWN[name]
        if name in ("tuple", "Tuple") and isinstance(inner, ast.Subscript):
            parts = annotations.parts(inner)
            kinds = [part for part in parts if not annotations.is_ellipsis(part)]
            return [self._made_up(part, each, depth + 1) for part in kinds]
        if name in ("set", "Set", "frozenset", "FrozenSet") and isinstance(inner, ast.Subscript):
            return [self._made_up(inner.slice, each, depth + 1)]
        if name == "Union" and isinstance(inner, ast.Subscript):
            parts = annotations.parts(inner)
            return self._made_up(parts[0], each, depth + 1)
        if isinstance(inner, ast.BinOp):
            return self._made_up(inner.left, each, depth + 1)
        found = local_class(inner, scope_of(inner, self.repository))
        if found is None or depth > 6:
            return None
        if annotations.is_enum(found, self.repository):
            return annotations.first_value(found)
        return {
            sub.name: self.example(sub)
            for sub in fields(found, self.repository)
            if annotations.required(sub)
        }

    def _number(self, each: Field, *, whole: bool) -> float:
        step = 1 if whole else 0.001
        least, above = self.option(each, "ge"), self.option(each, "gt")
        most, below = self.option(each, "le"), self.option(each, "lt")
        value: float = 1 if whole else 0.5
        if least is not None:
            value = max(value, least)
        if above is not None:
            value = max(value, above + step)
        if most is not None:
            value = min(value, most)
        if below is not None:
            value = min(value, below - step)
        multiple = self.option(each, "multiple_of")
        if multiple:
            value = -(-value // multiple) * multiple
        return int(value) if whole else value

    def shown(self, kind: ast.ClassDef) -> dict[str, Any]:
        """The example that the class shows itself."""
        for node in ast.walk(kind):
            if isinstance(node, ast.Call | ast.ClassDef):
                extra = keyword(node, "json_schema_extra") if isinstance(node, ast.Call) else None
            elif (
                isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and node.targets[0].id in ("json_schema_extra", "schema_extra")
            ):
                extra = node.value
            else:
                continue
            value = read(extra, scope_of(extra, self.repository)) if extra is not None else None
            if value is not None and value.known and isinstance(value.value, dict):
                shown = value.value.get("example") or (value.value.get("examples") or [None])[0]
                if isinstance(shown, dict):
                    return dict(shown)
        return {}

    def minimal(self, cord: Cord) -> dict[str, Any]:
        """What the minimal schema of a cord has as defaults: somebody chose these as examples."""
        schema = cord.arguments.nodes.get("minimal_input_schema")
        kind = annotations.model(*schema, self.repository) if schema is not None else None
        if kind is None:
            return {}
        found = {each.name: self.default(each) for each in fields(kind, self.repository)}
        return {name: value for name, value in found.items() if value not in (None, "")}
