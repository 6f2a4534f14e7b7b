"""README.md and tests/test_api.py of an adopted repository: bodies as the prototype has them."""

import re
from collections.abc import Collection, Sequence
from functools import partial

from scaffold.adopt import examples, shelf
from scaffold.adopt.endpoints import Endpoint

GETS = """

@pytest.mark.parametrize(("path", "content_type"), GETS)
def test_a_get_is_answered(client: httpx.Client, path: str, content_type: str) -> None:
    answer = client.get(path).raise_for_status()
    assert answer.headers["content-type"].startswith(content_type)
"""


def tests(text: str, posts: Sequence[Endpoint], gets: Sequence[Endpoint]) -> str:
    """The tests with what these requests refuse."""
    rows = "".join(row for each in posts for row in _wrong(each))
    text = re.sub(
        r"^WRONG = \[\n.*?^\]\n", lambda _: f"WRONG = [\n{rows}]\n", text, flags=re.M | re.S
    )
    if any(each.body.schema for each in posts):
        paths = ", ".join(examples.quoted(each.path) for each in posts if each.body.schema)
        text = text.replace(
            "# Bodies that are wrong",
            f"# What takes any fields.\nOPEN = {{{paths}}}\n# Bodies that are wrong",
        )
        text = text.replace(
            "    wrong = gateway", "    if path in OPEN:\n        return\n    wrong = gateway"
        )
    if gets:
        shown = "".join(
            f"    ({examples.quoted(each.path)}, {examples.quoted(each.content_type)}),\n"
            for each in gets
        )
        text = text.replace(
            "# Bodies that are wrong", f"GETS = [\n{shown}]\n# Bodies that are wrong"
        )
        text = text.rstrip("\n") + "\n" + GETS
    return text


def _wrong(each: Endpoint) -> list[str]:
    path, body = examples.quoted(each.path), each.body
    found = []
    if body.needed:
        found.append(_row(path, "{}", body.needed))
    found.append(_row(path, "[]", ["body"]))
    if body.schema:
        return found
    found.append(_row(path, f'{each.constant} | {{"no_such_field": 1}}', ["no_such_field"]))
    for name, value in body.wrong.items():
        if value is not None:
            wrong = f"{{{examples.quoted(name)}: {examples.source(value)}}}"
            found.append(_row(path, f"{each.constant} | {wrong}", [name]))
    return found


def _row(path: str, body: str, fields: Sequence[str]) -> str:
    named = "{" + ", ".join(map(examples.quoted, fields)) + "}"
    row = f"    ({path}, {body}, {named}),\n"
    if len(row) <= 101:
        return row
    return f"    (\n        {path},\n        {body},\n        {named},\n    ),\n"


def readme(text: str, posts: Sequence[Endpoint]) -> str:
    """The README with bodies that these requests take."""
    for each in posts:
        body = examples.shell(each.body.example)
        call = re.compile(
            rf"(curl \S+?{re.escape(each.path)} [^\n]*\\\n  -d )'.*?'( --output answer)?$", re.M
        )
        text = call.sub(partial(_called, body), text)
    return text.rstrip("\n") + "\n"


def requirements(text: str, loose: Sequence[str], modules: Collection[str]) -> str:
    """requirements/image.in with packages without a version, and whose modules these are.

    A module of another name than its package's is told as chutekit/testing/pins.py reads it.
    """
    rows = text.rstrip("\n").split("\n")
    if loose:
        told = "# Of the prototype, which named no version: `make pin` locks them."
        rows += ["", told, *loose]
    for package in sorted(set(shelf.packages_of(modules).values()) - {"pillow"}):
        rows.append(package)
    return "\n".join(_with_module(row, modules) for row in rows) + "\n"


def _with_module(row: str, modules: Collection[str]) -> str:
    if not re.match(r"[A-Za-z0-9]", row):
        return row
    name = shelf.distribution(row)
    known = shelf.packages_of(modules)
    for module in sorted(modules):
        other = shelf.normal(module) != name
        if other and module not in shelf.served() and shelf.provides(row, module):
            return f"{row}  # import {module}"
        if known.get(module) == name and name != "pillow":
            return f"{row}  # import {module}"
    return row


def project(text: str, added: Sequence[str]) -> str:
    """pyproject.toml with files that go into the image."""
    told = "# Files of your own that go into the image.\n"
    names = ", ".join(map(examples.quoted, added))
    return text.replace("[tool.chutekit]\n", f"[tool.chutekit]\n{told}added = [{names}]\n", 1)


def _called(body: str, match: re.Match[str]) -> str:
    return f"{match[1]}{body}{match[2] or ''}"


def with_ledger(text: str) -> str:
    """The README with a word on where the code comes from."""
    head, _, rest = text.partition("\n\n")
    told = (
        "It was adopted from a prototype: [ADOPTED.md](ADOPTED.md) says what became of each part."
    )
    first, gap, more = rest.partition("\n\n")
    return f"{head}\n\n{first}\n\n{told}{gap}{more}"
