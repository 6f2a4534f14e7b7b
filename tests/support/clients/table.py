"""The table of clients and features in docs/clients.md."""

from __future__ import annotations

from support.clients.environments import Client, clients
from support.places import ROOT

PAGE = ROOT / "docs" / "clients.md"
#: The table's columns, and the features of programs that make up each.
COLUMNS = {
    "chat": ("chat", "async"),
    "streamed": ("stream",),
    "tools": ("tools", "tools, streamed", "messages, tools"),
    "JSON": ("JSON schema",),
    "reasoning": ("reasoning",),
    "completions": ("completions",),
    "responses": ("responses", "responses, tools"),
    "messages": ("messages", "messages, tools", "tokens"),
    "embeddings": ("embeddings",),
    "errors": ("mistakes", "too long"),
}
LANGUAGES = {"python": "Python", "javascript": "JavaScript"}
BEGIN, END = "<!-- made from the clients' results -->\n", "<!-- end -->"


def row(client: Client, features: set[str]) -> str:
    """A client's row: what works, and nothing where it was not tried."""
    packages = ", ".join(f"`{name}` {version}" for name, version in client.versions.items())
    cells = ["yes" if features & set(those) else "" for those in COLUMNS.values()]
    return f"| {packages} | {LANGUAGES[client.language]} | {' | '.join(cells)} |"


def shown() -> dict[str, str]:
    """The rows that the page has, by client."""
    text = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    rows = text.splitlines()[2:]
    return {
        str(client): next((one for one in rows if one.startswith(_start(client))), "")
        for client in clients()
    }


def _start(client: Client) -> str:
    return row(client, set()).partition(f" {LANGUAGES[client.language]} |")[0]


def table(rows: list[str]) -> str:
    """The whole table."""
    head = f"| client | language | {' | '.join(COLUMNS)} |"
    line = "|" + " --- |" * (2 + len(COLUMNS))
    return "\n".join([head, line, *rows]) + "\n"


def write(rows: list[str]) -> None:
    """Put the table into the page."""
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{table(rows)}{END}{rest.partition(END)[2]}")
