"""Bodies of a prototype's cords: its own classes, bounded; or one for the dict that it takes."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scaffold.adopt import examples
from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.reading import Prototype
from scaffold.adopt.source import Source
from scaffold.check.code import Field, fields, is_model, keyword, last, lineage, validated
from scaffold.check.declared import Cord
from scaffold.check.model import Edit
from scaffold.check.module import home
from scaffold.check.values import Scope, dotted, local_class, read, scope_of

MARK = "  # A bound of adopt: is it right?"
CHARACTERS = 20_000
FILE_CHARACTERS = 12_000_000
ITEMS = 100
NUMBER = 1_000_000
SEED = 2**64 - 1
# A field of these is not taken from JSON by a strict model.
_CONVERTED = {
    "datetime", "date", "time", "timedelta", "UUID", "UUID4", "Decimal", "Path", "bytes",
    "tuple", "Tuple", "set", "Set", "frozenset", "FrozenSet",
}  # fmt: skip
# As JSON has them.
_SHOWN = {
    "datetime": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "00:00:00", "timedelta": "PT1S",
    "UUID": "00000000-0000-4000-8000-000000000000", "UUID4": "00000000-0000-4000-8000-000000000000",
    "Decimal": "1", "Path": "example", "bytes": "example",
    "HttpUrl": "https://example.com/", "AnyUrl": "https://example.com/",
    "EmailStr": "someone@example.com",
}  # fmt: skip
_LISTS = {"list", "List", "Sequence", "Iterable"}
_DICTS = {"dict", "Dict", "Mapping", "MutableMapping"}
_NUMBERS = {"int", "float"}
_NAMED = ("min_length", "max_length", "ge", "gt", "le", "lt")


@dataclass
class Body:
    """The body of one cord.

    `alias` is what the function called it, `whole` the expression that gives the function what it
    expects. `fields` is for the answers, `wrong` are values that the fields refuse, `needed` those
    that cannot be left out. `bounded` says whether all of it is, so that a body's size follows.
    `schema` is the constant that describes a body which may have any fields.
    """

    name: str
    alias: str = ""
    whole: str = "request"
    example: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)
    needed: list[str] = field(default_factory=list)
    bounded: bool = True
    text: str = ""
    owned: bool = False
    schema: str = ""


class Bodies:
    """The bodies of all cords; edits their classes in `source`."""

    def __init__(self, prototype: Prototype, source: Source, ledger: Ledger) -> None:
        self.prototype = prototype
        self.repository = prototype.repository
        self.source = source
        self.ledger = ledger
        self.strict: dict[ast.ClassDef, bool] = {}
        self.leaves: dict[ast.ClassDef, Body] = {}
        self.fields: dict[ast.stmt, bool] = {}
        #: Classes of whose requests a function changes a field.
        self.thawed: set[ast.ClassDef] = set()

    def of(self, cord: Cord, class_name: str, constant: str) -> Body:
        """The body of a cord; for one without a class there is one of that name.

        `constant` is what its example is called.
        """
        given = cord.parameters
        schema = cord.arguments.nodes.get("input_schema")
        scope = cord.arguments.scope
        kind = self._class(given[0].annotation, scope) if given else None
        if kind is None and schema is not None:
            kind = self._class(schema[0], schema[1])
        alias = given[0].arg if given else ""
        if kind is not None and home(kind) is self.source.module:
            body = self._own(kind, cord)
            if _is_changed(cord.function, alias):
                self.thawed.add(kind)
            return Body(**{**vars(body), "alias": alias})
        if not given:
            return Body(class_name, text=_class_text(class_name, {}, cord, constant))
        return self._dict(cord, given[0], class_name, constant)

    def _class(self, annotation: ast.expr | None, scope: Scope) -> ast.ClassDef | None:
        inner = _optional(annotation) or annotation
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            inner = ast.Name(inner.value)
        found = local_class(inner, scope) if inner is not None else None
        return found if found is not None and is_model(found, self.repository) else None

    # --- a class of the prototype -----------------------------------------------------------------

    def _own(self, kind: ast.ClassDef, cord: Cord) -> Body:
        if kind in self.leaves:
            return self.leaves[kind]
        body = self.leaves[kind] = Body(self.source.name(kind.name), owned=True)
        body.bounded = self._class_bounded(kind)
        given = {**self._minimal(cord), **self._shown(kind)}
        for each in fields(kind, self.repository):
            required = _required(each)
            name = _alias(each) or each.name
            value = given.get(name, given.get(each.name, self._example(each)))
            if required and value is None:
                value = "an example"
                self.ledger.left(
                    each.annotation, f"an example for {kind.name}.{each.name}",
                    "start-up tries the example of each request: give one that is allowed, in "
                    "chute.py", "IV105",
                )  # fmt: skip
            if required or name in given or each.name in given:
                body.example[name] = value
            if required:
                body.needed.append(name)
            if (known := self._answer(each)) is not None:
                body.fields[each.name] = known
            body.wrong[name] = _wrong(each)
        if not body.example:
            body.example = self._some(kind)
        if validated(kind) and not given:
            self.ledger.left(
                At.of(kind), f"the example of {kind.name}",
                "its validators were not run: see whether they take the example in chute.py",
            )  # fmt: skip
        return body

    def _some(self, kind: ast.ClassDef) -> dict[str, Any]:
        """One field that can be left out: to start with nothing at all would try nothing."""
        for each in fields(kind, self.repository):
            value = self._example(each)
            if isinstance(value, str | list) and value:
                return {_alias(each) or each.name: value}
        return {}

    def _class_bounded(self, kind: ast.ClassDef) -> bool:
        """Edit a class and those above and inside of it; whether each field has a bound now."""
        if kind in self.strict:
            return self.strict[kind]
        self.strict[kind] = True
        bounded = True
        for one in lineage(kind, self.repository):
            if home(one) is not self.source.module:
                self.ledger.left(
                    At.of(kind), f"{one.name} of {home(one).path}",
                    "requests are bounded and strict in chute.py only: derive it from "
                    "RequestModel, and bound its fields", "IV106",
                )  # fmt: skip
                return False
            for base in one.bases:
                if last(dotted(base) or "") == "BaseModel":
                    self.source.replace(base, "RequestModel")
        self.ledger.changed(
            At.of(kind), f"requests of {kind.name}",
            "unknown fields and values of another type are a 400 that names them", "IV107",
            f"{kind.name} in chute.py",
        )  # fmt: skip
        for each in fields(kind, self.repository):
            bounded = self._bound(each) and bounded
        self.strict[kind] = bounded
        return bounded

    def configure(self, constants: Mapping[str, str]) -> None:
        """Have all requests be strict; `constants` has by class the example that is tried."""
        for kind in self.strict:
            if home(kind) is self.source.module:
                self._configure(kind, constants.get(self.source.name(kind.name), ""))

    def _configure(self, kind: ast.ClassDef, constant: str) -> None:
        extra = f'json_schema_extra={{"examples": [{constant}]}}' if constant else ""
        if kind in self.thawed:
            extra = ", ".join(filter(None, ["frozen=False", extra]))
        for node in kind.body:
            if _is_config(node):
                self.ledger.changed(
                    node, f"the settings of {kind.name}",
                    "requests are strict and forbid what they do not know", "IV107",
                    f"{kind.name} in chute.py",
                )  # fmt: skip
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

    def _bound(self, each: Field) -> bool:
        """Give a field the bounds it lacks, once; whether its size is known now."""
        statement = _statement(each)
        if statement not in self.fields:
            self.fields[statement] = self._bound_now(each)
        return self.fields[statement]

    def _bound_now(self, each: Field) -> bool:
        inner = _optional(each.annotation) or each.annotation
        name = _type(inner)
        call = _field_call(each.value)
        have = _given(call) | _given_inside(each.annotation)
        wanted: dict[str, Any] = {}
        if name == "str" and "max_length" not in have:
            wanted["max_length"] = self._characters(each)
        elif name in _LISTS and not have & {"max_length", "max_items"}:
            wanted["max_length"] = max(ITEMS, len(self._default(each) or []))
        elif name in _NUMBERS:
            wanted = self._range(each, have, name)
        if wanted:
            self._add(each, call, wanted)
        sized = self._sized(inner, each, top=True)
        if not sized and not self._holds_models(each.annotation):
            self.ledger.left(
                each.annotation, f"field {each.name} of {each.kind.name}",
                "its size cannot be bounded by its type: max_body_bytes in make_chute bounds the "
                "whole body instead", "IV106",
            )  # fmt: skip
        return sized

    def _holds_models(self, annotation: ast.expr) -> bool:
        """Is it about another class, whose own fields are told of?"""
        return any(
            isinstance(node, ast.Name) and self._class(node, scope_of(node, self.repository))
            for node in ast.walk(annotation)
        )

    def _add(self, each: Field, call: ast.Call | None, wanted: Mapping[str, Any]) -> None:
        text = ", ".join(f"{key}={value}" for key, value in wanted.items())
        statement = _statement(each)
        _, end = self.source.module.span(statement)
        if call is not None:
            _, close = self.source.module.span(call)
            written = self.source.module.source(call).rstrip(")").rstrip()
            comma = "" if written.endswith((",", "(")) else ", "
            self.source.edit(Edit(close - 1, close - 1, f"{comma}{text}"))
        elif each.value is not None:
            self.source.wrap(each.value, "Field(", f", {text})")
        else:
            _, after = self.source.module.span(each.annotation)
            self.source.edit(Edit(after, after, f" = Field({text})"))
        self.source.edit(Edit(end, end, MARK))
        self.ledger.changed(
            statement, f"field {each.name} of {each.kind.name}",
            f"it had no bound; now {text}", "IV106", f"{each.kind.name} in chute.py",
        )  # fmt: skip

    def _characters(self, each: Field) -> int:
        most = FILE_CHARACTERS if examples.encoded(each.name) else CHARACTERS
        default = self._default(each)
        return max(most, len(default) if isinstance(default, str) else 0)

    def _range(self, each: Field, have: set[str], name: str) -> dict[str, Any]:
        """Far bounds, which hold off what nobody means: a number of a thousand digits."""
        found: dict[str, Any] = {}
        most = SEED if "seed" in each.name else NUMBER
        default = self._default(each)
        if isinstance(default, int | float) and abs(default) > most:
            return found
        if not have & {"ge", "gt"}:
            found["ge"] = -most
        if not have & {"le", "lt"}:
            found["le"] = most
        return found if not have & {"multiple_of"} or found else {}

    def _sized(self, node: ast.expr, each: Field, *, top: bool = False) -> bool:
        """Is the size of this type known? Bounds what stands inside of lists and unions."""
        inner = _optional(node) or node
        name = _type(inner)
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.BitOr):
            return self._sized(inner.left, each) & self._sized(inner.right, each)
        if name == "Annotated" and isinstance(inner, ast.Subscript):
            parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
            return _type(parts[0]) not in _DICTS and "max_length" in _given_inside(inner) or (
                _type(parts[0]) in {*_NUMBERS, "bool"}
            )  # fmt: skip
        if name in (*_NUMBERS, "bool", "None", "Literal"):
            return True
        if name == "str":
            if not top:
                most = FILE_CHARACTERS if examples.encoded(each.name) else CHARACTERS
                self.source.replace(inner, f"Annotated[str, Field(max_length={most})]")
            return True
        if name in _LISTS and isinstance(inner, ast.Subscript):
            if not top:
                self.source.wrap(inner, "Annotated[", f", Field(max_length={ITEMS})]")
            return self._sized(inner.slice, each)
        if name == "Union" and isinstance(inner, ast.Subscript):
            parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
            return all([self._sized(part, each) for part in parts])
        if name in _CONVERTED:
            self.source.wrap(inner, "Annotated[", ", Field(strict=False)]")
            return False
        found = local_class(inner, scope_of(inner, self.repository))
        if found is None:
            return False
        if is_model(found, self.repository):
            return self._class_bounded(found)
        if _is_enum(found, self.repository):
            self.source.wrap(inner, "Annotated[", ", Field(strict=False)]")
            return True
        return False

    # --- values ---------------------------------------------------------------------------------

    def _default(self, each: Field) -> Any:
        node = each.value
        if (call := _field_call(node)) is not None:
            node = keyword(call, "default") or (call.args[0] if call.args else None)
        if node is None:
            return None
        value = read(node, scope_of(node, self.repository))
        return value.value if value.known and value.value is not Ellipsis else None

    def _option(self, each: Field, name: str) -> Any:
        call = _field_call(each.value)
        node = keyword(call, name) if call is not None else None
        if node is None:
            return None
        value = read(node, scope_of(node, self.repository))
        return value.value if value.known else None

    def _example(self, each: Field) -> Any:
        shown = self._option(each, "examples")
        if isinstance(shown, list) and shown:
            return shown[0]
        if (one := self._option(each, "example")) is not None:
            return one
        return self._made_up(each.annotation, each)

    def _made_up(self, node: ast.expr, each: Field, depth: int = 0) -> Any:
        inner = _optional(node) or node
        name = _type(inner)
        if name == "Annotated" and isinstance(inner, ast.Subscript):
            parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
            return self._made_up(parts[0], each, depth + 1)
        if name == "str":
            least = self._option(each, "min_length") or 0
            most, pattern = self._option(each, "max_length"), self._option(each, "pattern")
            return examples.text(each.name, int(least), most, pattern)
        if name in _NUMBERS:
            return self._number(each, whole=name == "int")
        if name == "bool":
            return True
        if name == "Literal" and isinstance(inner, ast.Subscript):
            parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
            return parts[0].value if isinstance(parts[0], ast.Constant) else None
        if name in _LISTS and isinstance(inner, ast.Subscript):
            one = self._made_up(inner.slice, each, depth + 1)
            count = max(1, int(self._option(each, "min_length") or 1))
            return None if one is None else [one] * count
        if name in _DICTS or name in ("Any", "object"):
            return {}
        if name in _SHOWN:
            return _SHOWN[name]
        if name in ("tuple", "Tuple") and isinstance(inner, ast.Subscript):
            parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
            kinds = [part for part in parts if not _is_ellipsis(part)]
            return [self._made_up(part, each, depth + 1) for part in kinds]
        if name in ("set", "Set", "frozenset", "FrozenSet") and isinstance(inner, ast.Subscript):
            return [self._made_up(inner.slice, each, depth + 1)]
        if name == "Union" and isinstance(inner, ast.Subscript):
            parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
            return self._made_up(parts[0], each, depth + 1)
        if isinstance(inner, ast.BinOp):
            return self._made_up(inner.left, each, depth + 1)
        found = local_class(inner, scope_of(inner, self.repository))
        if found is None or depth > 6:
            return None
        if _is_enum(found, self.repository):
            return _first_value(found)
        return {
            sub.name: self._example(sub) for sub in fields(found, self.repository) if _required(sub)
        }

    def _number(self, each: Field, *, whole: bool) -> float:
        step = 1 if whole else 0.001
        least, above = self._option(each, "ge"), self._option(each, "gt")
        most, below = self._option(each, "le"), self._option(each, "lt")
        value: float = 1 if whole else 0.5
        if least is not None:
            value = max(value, least)
        if above is not None:
            value = max(value, above + step)
        if most is not None:
            value = min(value, most)
        if below is not None:
            value = min(value, below - step)
        multiple = self._option(each, "multiple_of")
        if multiple:
            value = -(-value // multiple) * multiple
        return int(value) if whole else value

    def _shown(self, kind: ast.ClassDef) -> dict[str, Any]:
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

    def _minimal(self, cord: Cord) -> dict[str, Any]:
        """What the minimal schema of a cord has as defaults: somebody chose these as examples."""
        schema = cord.arguments.nodes.get("minimal_input_schema")
        kind = self._class(schema[0], schema[1]) if schema is not None else None
        if kind is None:
            return {}
        found = {each.name: self._default(each) for each in fields(kind, self.repository)}
        return {name: value for name, value in found.items() if value not in (None, "")}

    def _answer(self, each: Field) -> dict[str, Any] | None:
        """A field in the words of the answers; None where they have none."""
        inner = _optional(each.annotation) or each.annotation
        name = _type(inner)
        kind = name
        if name in _LISTS and isinstance(inner, ast.Subscript):
            kind = f"list[{_type(inner.slice)}]"
        found: dict[str, Any] = {"type": kind}
        if name == "str" and examples.encoded(each.name):
            found["type"] = examples.KINDS[examples.sample(each.name)]
        elif name == "Literal" and isinstance(inner, ast.Subscript):
            parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
            values = [part.value for part in parts if isinstance(part, ast.Constant)]
            kinds = {type(value) for value in values}
            if len(values) < 2 or len(kinds) != 1 or not kinds <= {str, int}:
                return None
            found = {"type": kinds.pop().__name__, "choices": values}
        elif kind not in ("str", "int", "float", "bool", "list[str]", "list[int]", "list[float]"):
            return None
        if not _required(each):
            default = self._default(each)
            plain = isinstance(default, str | int | float | bool | list)
            found["default"] = default if plain and not found["type"].endswith("_b64") else None
        return found

    # --- a dict ---------------------------------------------------------------------------------

    def _dict(self, cord: Cord, argument: ast.arg, class_name: str, constant: str) -> Body:
        found, whole = _keys(cord, argument.arg, self.repository)
        body = Body(class_name, alias=argument.arg)
        if whole:
            self.ledger.left(
                argument, f"the body of {cord.function.name}",
                "the dict is used as a whole, so any field may come: declare them in "
                f"{class_name}, a RequestModel then, and say request={class_name} in the cord",
                "IV115",
            )  # fmt: skip
            return self._open(cord, argument, class_name, constant, found)
        body.whole = "request.model_dump(exclude_unset=True)"
        body.bounded = all(kind != "JsonValue" for kind, _ in found.values())
        for name, (kind, required) in found.items():
            body.wrong[name] = {"str": 7, "JsonValue": None, "list[JsonValue]": 7}.get(kind, "x")
            if required:
                body.needed.append(name)
                body.example[name] = {
                    "int": 1, "float": 0.5, "bool": True, "list[JsonValue]": [],
                }.get(kind, examples.text(name, 0, None, None))  # fmt: skip
            plain = kind if kind in ("int", "float", "bool") else "str"
            entry: dict[str, Any] = {"type": plain}
            if kind in ("str", "JsonValue") and examples.encoded(name):
                entry["type"] = examples.KINDS[examples.sample(name)]
            body.fields[name] = entry | ({} if required else {"default": None})
        if not body.example:
            first = next((name for name in found if examples.encoded(name)), next(iter(found), ""))
            kind = found[first][0] if first else ""
            if kind in ("str", "JsonValue"):
                body.example[first] = examples.text(first, 0, None, None)
        body.text = _class_text(class_name, found, cord, constant)
        self.ledger.changed(
            argument, f"the body of {cord.function.name}, a dict",
            "a body that is not described reaches the code unchecked; each field that the code "
            "reads is one of a class now", "IV115", f"{class_name} in chute.py",
        )  # fmt: skip
        return body

    def _open(
        self,
        cord: Cord,
        argument: ast.arg,
        class_name: str,
        constant: str,
        found: Mapping[str, tuple[str, bool]],
    ) -> Body:
        """A body of which nobody can say what is in it: as the prototype took it."""
        schema = f"{constant.removesuffix('_EXAMPLE')}_SCHEMA"
        body = Body(class_name, alias=argument.arg, schema=schema, bounded=False)
        body.whole = "request.model_dump()"
        for name, (kind, required) in found.items():
            if required:
                body.example[name] = examples.text(name, 0, None, None) if kind in (
                    "str", "JsonValue"
                ) else 1  # fmt: skip
        body.text = _OPEN.format(
            name=class_name,
            path=cord.public_path or f"/{cord.function.name}",
            known=f"of which {', '.join(found)} are read" if found else "as the code wants them",
            constant=constant,
            schema=schema,
        )
        return body


_OPEN = """\
class {name}(BaseModel):
    \"\"\"The body of {path}: any fields, {known}.\"\"\"

    model_config = ConfigDict(extra="allow", json_schema_extra={{"examples": [{constant}]}})


# What the platform shows of it.
{schema} = {{
    "type": "object",
    "properties": {{"input_args": {{"$ref": "#/definitions/{name}"}}}},
    "required": ["input_args"],
    "definitions": {{
        "{name}": {{"type": "object", "additionalProperties": True, "examples": [{constant}]}},
    }},
}}
"""


def _class_text(name: str, found: Mapping[str, tuple[str, bool]], cord: Cord, constant: str) -> str:
    path = cord.public_path or f"/{cord.function.name}"
    rows = [
        f"class {name}(RequestModel):",
        f'    """The body of {path}."""',
        "",
        f'    model_config = ConfigDict(json_schema_extra={{"examples": [{constant}]}})',
    ]
    for field_name, (kind, required) in found.items():
        bounds = {"str": f"max_length={CHARACTERS}", "int": f"ge=-{NUMBER}, le={NUMBER}"}
        bounds["float"] = bounds["int"]
        if kind == "str" and examples.encoded(field_name):
            bounds["str"] = f"max_length={FILE_CHARACTERS}"
        given = ", ".join(filter(None, ["" if required else "None", bounds.get(kind, "")]))
        optional = "" if required or kind == "JsonValue" else " | None"
        value = f" = Field({given})" if given else ""
        mark = MARK if bounds.get(kind) else ""
        rows.append(f"    {field_name}: {kind}{optional}{value}{mark}")
    if found:
        rows.insert(4, "")
    return "\n".join(rows) + "\n"


def _keys(cord: Cord, name: str, repository: Any) -> tuple[dict[str, tuple[str, bool]], bool]:
    """The keys that a function reads of a dict, each with its type and whether it must be there.

    And whether the dict is used in another way, so that there may be more.
    """
    found: dict[str, tuple[str, bool]] = {}
    whole = False
    for node in ast.walk(cord.function):
        if not (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)):
            continue
        around = node.__dict__["parent"]
        key, kind, required = None, "JsonValue", True
        outer = around.__dict__.get("parent")
        if isinstance(around, ast.Subscript) and isinstance(around.slice, ast.Constant):
            key = around.slice.value
            kind = _cast(around)
        elif isinstance(around, ast.Attribute) and isinstance(outer, ast.Call):
            if around.attr in ("get", "pop") and outer.args:
                first = outer.args[0]
                key = first.value if isinstance(first, ast.Constant) else None
                required = False
                kind = _cast(outer)
                if kind == "JsonValue" and len(outer.args) > 1:
                    kind = _kind_of(outer.args[1], repository)
        elif isinstance(around, ast.Compare) and isinstance(around.left, ast.Constant):
            key, required = around.left.value, False
        if isinstance(key, str) and key.isidentifier():
            before = found.get(key)
            if before is not None:
                kind = before[0] if before[0] != "JsonValue" else kind
                required = before[1] and required
            found[key] = (kind, required)
        else:
            whole = True
    return found, whole


def _cast(node: ast.AST) -> str:
    around = node.__dict__["parent"]
    if isinstance(around, ast.Call) and isinstance(around.func, ast.Name) and node in around.args:
        if around.func.id in ("float",):
            return "float"
        # What int() and str() take, they convert: a client may send either.
    if isinstance(around, ast.Call) and last(dotted(around.func) or "") == "b64decode":
        return "str"
    return "JsonValue"


def _kind_of(node: ast.expr, repository: Any) -> str:
    value = read(node, scope_of(node, repository))
    if not value.known or value.value is None:
        return "JsonValue"
    return {bool: "bool", int: "JsonValue", float: "float", str: "str"}.get(
        type(value.value), "JsonValue"
    )


def _optional(node: ast.expr | None) -> ast.expr | None:
    """`X` of `Optional[X]`, `X | None` and `Union[X, None]`."""
    if isinstance(node, ast.Subscript):
        name = _type(node)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Optional":
            return parts[0]
        kept = [part for part in parts if not _is_none(part)]
        if name == "Union" and len(kept) == 1:
            return kept[0]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        if _is_none(node.right):
            return node.left
        if _is_none(node.left):
            return node.right
    return None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _type(node: ast.expr) -> str:
    """The last part of a type's name, without what is in its brackets."""
    base = node.value if isinstance(node, ast.Subscript) else node
    if isinstance(base, ast.Constant):
        return "None" if base.value is None else ""
    return last(dotted(base) or "")


def _field_call(node: ast.expr | None) -> ast.Call | None:
    if isinstance(node, ast.Call) and last(dotted(node.func) or "") == "Field":
        return node
    return None


def _given(call: ast.Call | None) -> set[str]:
    return {each.arg for each in call.keywords if each.arg} if call is not None else set()


def _given_inside(annotation: ast.expr) -> set[str]:
    """What calls in an annotation bound: Annotated[..., Field(...)], constr(...)."""
    return {
        each.arg
        for node in ast.walk(annotation)
        if isinstance(node, ast.Call)
        for each in node.keywords
        if each.arg
    }


def _required(each: Field) -> bool:
    call = _field_call(each.value)
    if call is None:
        return each.value is None or _is_ellipsis(each.value)
    default = keyword(call, "default") or (call.args[0] if call.args else None)
    if default is None:
        return keyword(call, "default_factory") is None
    return _is_ellipsis(default)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _alias(each: Field) -> str:
    call = _field_call(each.value)
    for name in ("validation_alias", "alias"):
        node = keyword(call, name) if call is not None else None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
    return ""


def _wrong(each: Field) -> Any:
    """A value of another type; None where every value may be right."""
    inner = _optional(each.annotation) or each.annotation
    name = _type(inner)
    if name == "Annotated" and isinstance(inner, ast.Subscript):
        parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
        name = _type(parts[0])
    if name == "str" or name in _LISTS:
        return 7
    if name in ("int", "float", "bool"):
        return "x"
    return None


def _statement(each: Field) -> ast.stmt:
    found: ast.stmt = each.annotation.__dict__["parent"]
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


def _is_enum(kind: ast.ClassDef, repository: Any) -> bool:
    return any(
        last(dotted(base) or "") in ("Enum", "StrEnum", "IntEnum")
        for one in lineage(kind, repository)
        for base in one.bases
    )


def _first_value(kind: ast.ClassDef) -> Any:
    for node in kind.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            return node.value.value
    return None


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
            if isinstance(key, ast.Constant) and key.value not in ours
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
