"""docs/reference: every question, option, exit code and JSON document, read from what defines it.

Questions come from template/copier.yml as the tool reads it, options from the commands themselves,
exit codes from scaffold/errors.py, members of documents from the methods that make them.
"""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference"
WRITTEN = "Written by `hooks/refresh.py`"
WORKLOADS = ("image", "llm", "speech", "custom")
ANSWERED = {"username": "alice", "name": "my-chute"}


def files() -> dict[Path, str | None]:
    """The pages; what is there besides goes."""
    pages = {
        "questions.md": questions(),
        "options.md": options(),
        "exit-codes.md": exit_codes(),
        "json.md": documents(),
    }
    gone: dict[Path, str | None] = {
        path: None for path in FOLDER.glob("*.md") if path.name not in pages
    }
    return gone | {FOLDER / name: text for name, text in pages.items()}


def cell(text: str) -> str:
    """A text in a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell(each) for each in row)} |" for row in lines)


# --- questions ------------------------------------------------------------------------------------


def questions() -> str:
    """Every question, in the order of the wizard, as it stands beside each workload."""
    from scaffold.answers.questions import Questionnaire
    from scaffold.answers.schema import listing

    questionnaire = Questionnaire()
    beside = {
        workload: {
            question["key"]: question
            for question in listing(questionnaire, {"workload": workload, **ANSWERED})["questions"]
        }
        for workload in WORKLOADS
    }
    parts = [
        "# Every question\n",
        f"{WRITTEN} from `template/copier.yml`: the keys of answers files and of `--set`.\n"
        "`chute-new answers --questions` prints them as JSON, beside the answers given there.\n",
    ]
    parts += [_question(key, {w: beside[w][key] for w in WORKLOADS}) for key in beside["image"]]
    return "\n".join(parts)


def _question(key: str, beside: dict[str, dict[str, Any]]) -> str:
    asked = {workload: entry for workload, entry in beside.items() if entry["applies"]}
    some = next(iter(asked.values()))
    kinds = some["type"] if isinstance(some["type"], list) else [some["type"]]
    rows = [("type", " or ".join(kinds) + (", several" if some["multiselect"] else ""))]
    if len(asked) < len(beside):
        rows.append(("workloads", ", ".join(asked)))
    rows.append(("default", _default(asked)))
    if rule := some["limits"].get("because"):
        rows.append(("rule", rule))
    choices = {c["value"]: c["title"] for entry in asked.values() for c in entry["choices"]}
    rows += [(f"`{value}`", title) for value, title in choices.items()]
    return f"## `{key}`\n\n{some['question'].strip()}\n\n{table(('', ''), rows)}\n"


def _default(asked: dict[str, dict[str, Any]]) -> str:
    some = next(iter(asked.values()))
    if some["required"]:
        return "none: it is required"
    said = {workload: _value(entry["default"]) for workload, entry in asked.items()}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return "; ".join(f"{workload}: {value}" for workload, value in said.items())


def _value(value: Any) -> str:
    return "empty" if value in ("", []) else f"`{json.dumps(value, ensure_ascii=False)}`"


# --- options --------------------------------------------------------------------------------------


def options() -> str:
    """Every option of every command."""
    import typer.main

    from scaffold.cli import app

    group: Any = typer.main.get_command(app)
    parts = [
        "# Every option\n",
        f"{WRITTEN} from the commands. `chute-new COMMAND --help` says the same.\n",
        _command("chute-new", group),
    ]
    parts += [_command(f"chute-new {name}", each) for name, each in group.commands.items()]
    return "\n".join(parts)


def _command(name: str, command: Any) -> str:
    context = command.make_context(name, [], resilient_parsing=True)
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [(f"`{spelled.strip()}`", said) for spelled, said in filter(None, records)]
    about = inspect.cleandoc(command.help or "")
    return f"## `{name}`\n\n{about}\n\n{table(('option', 'does'), rows)}\n"


# --- exit codes -----------------------------------------------------------------------------------


def exit_codes() -> str:
    """What a command ends with, in the words of its help and of the errors themselves."""
    from scaffold import errors
    from scaffold.cli import EXIT_CODES

    said = dict(re.findall(r"(\d+) ([^;.]+)", EXIT_CODES))
    classes = {
        str(each.code): inspect.cleandoc(each.__doc__ or "")
        for each in (errors.Failed, errors.BadUsage, errors.Refused, errors.OutsideFailure)
    }
    rows = [(code, words, classes.get(code, "")) for code, words in said.items()]
    return "\n".join(
        [
            "# Exit codes\n",
            f"{WRITTEN} from `scaffold/errors.py` and the help. They are the same for every\n"
            "command and change only in a major release.\n",
            table(("code", "means", "in full"), rows),
            "",
        ]
    )


# --- JSON documents -------------------------------------------------------------------------------


def documents() -> str:
    """The members of every document, from the methods that make them."""
    from scaffold.check.model import Finding, Report, Unknown
    from scaffold.cost import Cost
    from scaffold.creation.order import Created
    from scaffold.errors import Problem, Unasked
    from scaffold.pins.floating import Stale
    from scaffold.pins.pin import Pins
    from scaffold.plan.planning import Plan
    from scaffold.plan.search import Trial
    from scaffold.plan.settings import Settings
    from scaffold.plan.simulation import Result
    from scaffold.update.run import Updated

    named: dict[str, tuple[str, list[Any]]] = {
        "`create --json`": ("what was made", [Created, Cost]),
        "`check --format json`": ("what was found", [Report, Finding, Unknown]),
        "`plan --json`": ("what is chosen, and what it comes to", [Plan, Trial, Settings, Result]),
        "`update --json`": ("what was merged", [Updated]),
        "`pin --json`": ("what is stale or floating", [Pins, Stale, Unasked]),
        "`error.problems` of a failure": ("what is wrong with one answer", [Problem]),
    }
    parts = [
        "# Every JSON document\n",
        f"{WRITTEN} from the code that prints them. What the members mean is in "
        "[For programs that drive chute-new](../programs.md).\n",
    ]
    for title, (about, classes) in named.items():
        parts.append(f"## {title}\n\nThis is {about}.\n")
        parts += [_class(each, nested=number > 0) for number, each in enumerate(classes)]
    return "\n".join(parts)


def _class(shown: Any, *, nested: bool) -> str:
    rows = [(f"`{name}`", kind) for name, kind in _members(shown).items()]
    about = inspect.cleandoc(shown.__doc__ or "").split("\n")[0]
    head = f"{shown.__name__}: {about}\n\n" if nested else ""
    return f"{head}{table(('member', 'type'), rows)}\n"


def _members(shown: Any) -> dict[str, str]:
    """What `as_json` of a class prints, or the fields of a class that is printed whole."""
    own = {field.name: _of_annotation(str(field.type)) for field in fields(shown)}
    if "as_json" not in vars(shown):
        return own
    tree = ast.parse(textwrap.dedent(inspect.getsource(shown.as_json)))
    nodes = list(ast.walk(tree))
    text = ast.unparse(tree)
    found = own if "asdict(self)" in text or "__dataclass_fields__" in text else {}
    for node in nodes:
        if isinstance(node, ast.Dict) and node.keys:
            return _without(nodes, found | _of_literal(node, own))
    for node in nodes:
        if isinstance(node, ast.Tuple):
            found = found | {str(c.value): own[str(c.value)] for c in _constants(node)}
    return _without(nodes, found)


def _of_literal(node: ast.Dict, own: dict[str, str]) -> dict[str, str]:
    return {
        str(key.value): _of_expression(value, own)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    }


def _without(nodes: list[ast.AST], found: dict[str, str]) -> dict[str, str]:
    """Leave out what a comparison leaves out, as in `if name != "timeline"`."""
    left_out = {
        c.value for node in nodes if isinstance(node, ast.Compare) for c in _constants(node)
    }
    return {name: kind for name, kind in found.items() if name not in left_out}


def _constants(node: ast.AST) -> list[ast.Constant]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Constant)]


def _of_expression(value: ast.expr, own: dict[str, str]) -> str:
    """What JSON calls a value, as far as the expression tells it."""
    text = ast.unparse(value)
    if isinstance(value, ast.IfExp):
        return f"{_of_expression(value.body, own)} or {_of_expression(value.orelse, own)}"
    if isinstance(value, ast.List | ast.ListComp) or text.startswith("list("):
        return "array"
    if isinstance(value, ast.Dict | ast.DictComp) or "as_json(" in text or text.endswith("answers"):
        return "object"
    if text.startswith("str("):
        return "string"
    if text.startswith("round("):
        return "number"
    if text == "None":
        return "null"
    return own.get(text.removeprefix("self."), "boolean" if "meets" in text else "")


def _of_annotation(annotation: str) -> str:
    """What JSON calls a value of a type of Python."""
    kinds = {
        "str": "string",
        "int": "integer",
        "float": "number",
        "bool": "boolean",
        "None": "null",
        "list": "array",
        "tuple": "array",
        "dict": "object",
        "Any": "any",
        "Path": "string",
        "Severity": "string",
    }
    if match := re.fullmatch(r"<class '(.+)'>", annotation):
        annotation = match[1]
    named = [re.sub(r"\[.*", "", each).split(".")[-1] for each in annotation.split(" | ")]
    return " or ".join(kinds.get(each, "object") for each in named)
