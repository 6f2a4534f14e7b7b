"""Bodies of a prototype's cords: its own classes, bounded; or one for the dict that it takes."""

import ast
from collections.abc import Mapping
from typing import Any

from scaffold.adopt import annotations, dicts, examples
from scaffold.adopt.body import Body
from scaffold.adopt.bounds import Bounds
from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.reading import Prototype
from scaffold.adopt.source import Source
from scaffold.adopt.values import Values
from scaffold.check.code import Field, fields, validated
from scaffold.check.declared import Cord
from scaffold.check.model import Edit
from scaffold.check.module import home


class Bodies:
    """The bodies of all cords; edits their classes in `source`."""

    def __init__(self, prototype: Prototype, source: Source, ledger: Ledger) -> None:
        self.prototype = prototype
        self.repository = prototype.repository
        self.source = source
        self.ledger = ledger
        self.values = Values(prototype.repository)
        self.bounds = Bounds(self.values, source, ledger)
        self.leaves: dict[ast.ClassDef, Body] = {}
        #: Classes of whose requests a function changes a field.
        self.thawed: set[ast.ClassDef] = set()

    def of(self, cord: Cord, class_name: str, constant: str) -> Body:
        """The body of a cord; for one without a class there is one of that name.

        `constant` is what its example is called.
        """
        given = cord.parameters
        schema = cord.arguments.nodes.get("input_schema")
        scope = cord.arguments.scope
        kind = annotations.model(given[0].annotation, scope, self.repository) if given else None
        if kind is None and schema is not None:
            kind = annotations.model(*schema, self.repository)
        alias = given[0].arg if given else ""
        if kind is not None and home(kind) is self.source.module:
            body = self._own(kind, cord)
            if _is_changed(cord.function, alias):
                self.thawed.add(kind)
            return Body(**{**vars(body), "alias": alias})
        if not given:
            return Body(class_name, text=dicts.class_text(class_name, {}, cord, constant))
        return dicts.body(cord, given[0], self.repository, self.ledger, class_name, constant)

    def _own(self, kind: ast.ClassDef, cord: Cord) -> Body:
        if kind in self.leaves:
            return self.leaves[kind]
        body = self.leaves[kind] = Body(self.source.name(kind.name), owned=True)
        body.bounded = self.bounds.of_class(kind)
        given = {**self.values.minimal(cord), **self.values.shown(kind)}
        for each in fields(kind, self.repository):
            required = annotations.required(each)
            name = annotations.alias(each) or each.name
            value = given.get(name, given.get(each.name, self.values.example(each)))
            if required and value is None:
                value = "an example"
                self.ledger.left(
                    each.annotation,
                    f"an example for {kind.name}.{each.name}",
                    "start-up tries the example of each request: give one that is allowed, in "
                    "chute.py",
                    "IV105",
                )
            if required or name in given or each.name in given:
                body.example[name] = value
            if required:
                body.needed.append(name)
            if (known := self._answer(each)) is not None:
                body.fields[each.name] = known
            body.wrong[name] = annotations.wrong(each)
        if not body.example:
            body.example = self._some(kind)
        if validated(kind) and not given:
            self.ledger.left(
                At.of(kind),
                f"the example of {kind.name}",
                "its validators were not run: see whether they take the example in chute.py",
            )
        return body

    def _some(self, kind: ast.ClassDef) -> dict[str, Any]:
        """One field that can be left out: to start with nothing at all would try nothing."""
        for each in fields(kind, self.repository):
            value = self.values.example(each)
            if isinstance(value, str | list) and value:
                return {annotations.alias(each) or each.name: value}
        return {}

    def configure(self, constants: Mapping[str, str]) -> None:
        """Have all requests be strict; `constants` has by class the example that is tried."""
        for kind in self.bounds.strict:
            if home(kind) is self.source.module:
                self._configure(kind, constants.get(self.source.name(kind.name), ""))

    def _configure(self, kind: ast.ClassDef, constant: str) -> None:
        extra = f'json_schema_extra={{"examples": [{constant}]}}' if constant else ""
        if kind in self.thawed:
            extra = ", ".join(filter(None, ["frozen=False", extra]))
        for node in kind.body:
            if _is_config(node):
                self.ledger.changed(
                    node,
                    f"the settings of {kind.name}",
                    "requests are strict and forbid what they do not know",
                    "IV107",
                    f"{kind.name} in chute.py",
                )
                text = ", ".join(filter(None, [_kept(node), extra]))
                self.source.replace(node, f"model_config = ConfigDict({text})")
                return
        if extra:
            first = kind.body[0]
            indent, config = " " * first.col_offset, f"model_config = ConfigDict({extra})"
            start, end = self.source.module.span(first)
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                self.source.edit(Edit(end, end, f"\n\n{indent}{config}"))
            else:
                self.source.edit(Edit(start, start, f"{config}\n\n{indent}"))

    def _answer(self, each: Field) -> dict[str, Any] | None:
        """A field in the words of the answers; None where they have none."""
        inner = annotations.optional(each.annotation) or each.annotation
        name = annotations.type_name(inner)
        kind = name
        if name in annotations.LISTS and isinstance(inner, ast.Subscript):
            kind = f"list[{annotations.type_name(inner.slice)}]"
        found: dict[str, Any] = {"type": kind}
        if name == "str" and examples.encoded(each.name):
            found["type"] = examples.KINDS[examples.sample(each.name)]
        elif name == "Literal" and isinstance(inner, ast.Subscript):
            parts = annotations.parts(inner)
            values = [part.value for part in parts if isinstance(part, ast.Constant)]
            kinds = {type(value) for value in values}
            if len(values) < 2 or len(kinds) != 1 or not kinds <= {str, int}:
                return None
            found = {"type": kinds.pop().__name__, "choices": values}
        elif kind not in ("str", "int", "float", "bool", "list[str]", "list[int]", "list[float]"):
            return None
        if not annotations.required(each):
            default = self.values.default(each)
            plain = isinstance(default, str | int | float | bool | list)
            found["default"] = default if plain and not found["type"].endswith("_b64") else None
        return found


def _is_changed(function: ast.AST, name: str) -> bool:
    """Does a function give a field of its argument another value?"""
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store | ast.Del)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        for node in ast.walk(function)
    )


def _is_config(node: ast.stmt) -> bool:
    """Is it where a model of pydantic has its settings?"""
    return (isinstance(node, ast.ClassDef) and node.name == "Config") or (
        isinstance(node, ast.Assign)
        and any(isinstance(it, ast.Name) and it.id == "model_config" for it in node.targets)
    )


def _kept(node: ast.stmt) -> str:
    """The settings of a model that have nothing to do with being strict."""
    ours = {"extra", "strict", "frozen", "json_schema_extra", "allow_inf_nan"}
    module = home(node)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        return ", ".join(
            module.source(each) for each in node.value.keywords if each.arg and each.arg not in ours
        )
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
        return ", ".join(
            f"{key.value}={module.source(value)}"
            for key, value in zip(node.value.keys, node.value.values, strict=True)
            if isinstance(key, ast.Constant)
            and isinstance(key.value, str)
            and key.value not in ours
        )
    if isinstance(node, ast.ClassDef):
        return ", ".join(
            f"{each.targets[0].id}={module.source(each.value)}"
            for each in node.body
            if isinstance(each, ast.Assign)
            and isinstance(each.targets[0], ast.Name)
            and each.targets[0].id in ("populate_by_name", "arbitrary_types_allowed")
        )
    return ""
