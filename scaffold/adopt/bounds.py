"""Bounds for the fields of requests that have none, each marked where it stands and told."""

import ast
from collections.abc import Mapping
from typing import Any

from scaffold.adopt import annotations, examples
from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.source import Source
from scaffold.adopt.values import Values
from scaffold.check.code import Field, fields, is_model, keyword, last, lineage
from scaffold.check.model import Edit
from scaffold.check.module import home
from scaffold.check.values import dotted, local_class, scope_of

MARK = "  # A bound of adopt: is it right?"
CHARACTERS = 20_000
FILE_CHARACTERS = 12_000_000
ITEMS, FILES = 100, 10
NUMBER = 1_000_000
#: The type of texts that hold a file, by whose name they are found in chute.py.
BASE64 = "Base64"
DEFINITION = f"""\
# A file as base64. A bound of adopt: is it right?
{BASE64} = Annotated[
    str, Field(max_length={FILE_CHARACTERS}, json_schema_extra={{"contentEncoding": "base64"}})
]
"""
SEED = 2**64 - 1


class Bounds:
    """Those of one prototype, edited into its classes.

    `strict` has by class whether all of it is bounded.
    """

    def __init__(self, values: Values, source: Source, ledger: Ledger) -> None:
        self.values = values
        self.repository = values.repository
        self.source = source
        self.ledger = ledger
        self.strict: dict[ast.ClassDef, bool] = {}
        self._fields: dict[ast.stmt, bool] = {}

    def of_class(self, kind: ast.ClassDef) -> bool:
        """Edit a class and those above and inside of it; whether each field has a bound now."""
        if kind in self.strict:
            return self.strict[kind]
        self.strict[kind] = True
        bounded = True
        for one in lineage(kind, self.repository):
            if home(one) is not self.source.module:
                self.ledger.left(
                    At.of(kind),
                    f"{one.name} of {home(one).path}",
                    "requests are bounded and strict in chute.py only: derive it from "
                    "RequestModel, and bound its fields",
                    "IV106",
                )
                return False
            for base in one.bases:
                if last(dotted(base) or "") == "BaseModel":
                    self.source.replace(base, "RequestModel")
        self.ledger.changed(
            At.of(kind),
            f"requests of {kind.name}",
            "unknown fields and values of another type are a 400 that names them",
            "IV107",
            f"{kind.name} in chute.py",
        )
        for each in fields(kind, self.repository):
            bounded = self.of_field(each) and bounded
        self.strict[kind] = bounded
        return bounded

    def of_field(self, each: Field) -> bool:
        """Give a field the bounds it lacks, once; whether its size is known now."""
        statement = annotations.statement(each)
        if statement not in self._fields:
            self._fields[statement] = self._bound_now(each)
        return self._fields[statement]

    def _bound_now(self, each: Field) -> bool:
        inner = annotations.optional(each.annotation) or each.annotation
        name = annotations.type_name(inner)
        call = annotations.field_call(each.value)
        have = annotations.given(call) | annotations.given_inside(each.annotation)
        wanted: dict[str, Any] = {}
        if name == "str" and "max_length" not in have:
            if examples.encoded(each.name):
                self._file(each, inner)
            else:
                wanted["max_length"] = self._characters(each)
        elif name in annotations.LISTS and not have & {"max_length", "max_items"}:
            most = FILES if examples.encoded(each.name) else ITEMS
            wanted["max_length"] = max(most, len(self.values.default(each) or []))
        elif name in annotations.NUMBERS:
            wanted = self._range(each, have)
        if wanted:
            self._add(each, call, wanted)
        self._nothing(each)
        sized = self._sized(inner, each, top=True)
        if not sized and not self._holds_models(each.annotation):
            self.ledger.left(
                each.annotation,
                f"field {each.name} of {each.kind.name}",
                "its size cannot be bounded by its type: max_body_bytes in make_chute bounds the "
                "whole body instead",
                "IV106",
            )
        return sized

    def _nothing(self, each: Field) -> None:
        """Have a type say that a field can be None, where None is its default."""
        node = each.value
        if (call := annotations.field_call(node)) is not None:
            node = keyword(call, "default") or (call.args[0] if call.args else None)
        none = isinstance(node, ast.Constant) and node.value is None
        anything = annotations.type_name(each.annotation) in ("Any", "object")
        if none and annotations.optional(each.annotation) is None and not anything:
            _, end = self.source.module.span(each.annotation)
            self.source.edit(Edit(end, end, " | None"))

    def _holds_models(self, annotation: ast.expr) -> bool:
        """Is it about another class, whose own fields are told of?"""
        return any(
            isinstance(node, ast.Name)
            and annotations.model(node, scope_of(node, self.repository), self.repository)
            for node in ast.walk(annotation)
        )

    def _add(self, each: Field, call: ast.Call | None, wanted: Mapping[str, Any]) -> None:
        text = ", ".join(f"{key}={value}" for key, value in wanted.items())
        statement = annotations.statement(each)
        _, end = self.source.module.span(statement)
        if call is not None:
            _, close = self.source.module.span(call)
            written = self.source.module.source(call)[:-1]
            plain = written.rstrip()
            comma = "" if plain.endswith((",", "(")) else ", "
            comma = " " if written.endswith(",") else comma
            self.source.edit(Edit(close - 1, close - 1, f"{comma}{text}"))
        elif each.value is not None:
            self.source.wrap(each.value, "Field(", f", {text})")
        else:
            _, after = self.source.module.span(each.annotation)
            self.source.edit(Edit(after, after, f" = Field({text})"))
        self.source.edit(Edit(end, end, MARK))
        self.ledger.changed(
            statement,
            f"field {each.name} of {each.kind.name}",
            f"it had no bound; now {text}",
            "IV106",
            f"{each.kind.name} in chute.py",
        )

    def _file(self, each: Field, inner: ast.expr) -> None:
        """A text that holds a file has a type of its own, with one bound for all."""
        self.source.replace(inner, BASE64)
        self.ledger.changed(
            annotations.statement(each),
            f"field {each.name} of {each.kind.name}",
            f"it had no bound; now at most {FILE_CHARACTERS} characters",
            "IV106",
            f"{BASE64} in chute.py",
        )

    def _characters(self, each: Field) -> int:
        default = self.values.default(each)
        return max(CHARACTERS, len(default) if isinstance(default, str) else 0)

    def _range(self, each: Field, have: set[str]) -> dict[str, Any]:
        """Far bounds, which hold off what nobody means: a number of a thousand digits."""
        found: dict[str, Any] = {}
        most = SEED if "seed" in each.name else NUMBER
        default = self.values.default(each)
        if isinstance(default, int | float) and abs(default) > most:
            return found
        if not have & {"ge", "gt"}:
            found["ge"] = -most
        if not have & {"le", "lt"}:
            found["le"] = most
        return found

    def _sized(self, node: ast.expr, each: Field, *, top: bool = False) -> bool:
        """Is the size of this type known? Bounds what stands inside of lists and unions."""
        inner = annotations.optional(node) or node
        name = annotations.type_name(inner)
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.BitOr):
            return self._sized(inner.left, each) & self._sized(inner.right, each)
        if name == "Annotated" and isinstance(inner, ast.Subscript):
            inside = annotations.type_name(annotations.parts(inner)[0])
            if inside in {*annotations.NUMBERS, "bool"}:
                return True
            given = annotations.given_inside(inner)
            return inside not in annotations.DICTS and "max_length" in given
        if name in (*annotations.NUMBERS, "bool", "None", "Literal"):
            return True
        if name == "str":
            if not top:
                bounded = f"Annotated[str, Field(max_length={CHARACTERS})]"
                self.source.replace(inner, BASE64 if examples.encoded(each.name) else bounded)
            return True
        if name in annotations.LISTS and isinstance(inner, ast.Subscript):
            if not top:
                self.source.wrap(inner, "Annotated[", f", Field(max_length={ITEMS})]")
            return self._sized(inner.slice, each)
        if name == "Union" and isinstance(inner, ast.Subscript):
            parts = annotations.parts(inner)
            sized = [self._sized(part, each) for part in parts]
            return all(sized)
        if name in annotations.CONVERTED:
            self.source.wrap(inner, "Annotated[", ", Field(strict=False)]")
            return False
        found = local_class(inner, scope_of(inner, self.repository))
        if found is None:
            return False
        if is_model(found, self.repository):
            return self.of_class(found)
        if annotations.is_enum(found, self.repository):
            self.source.wrap(inner, "Annotated[", ", Field(strict=False)]")
            return True
        return False
