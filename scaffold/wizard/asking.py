"""One question of the template as the prompt that suits it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from scaffold.answers import addresses
from scaffold.answers.questions import Choice, Question, Questionnaire
from scaffold.wizard.console import BACK, Answer, Check, Console, Frame

YES_NO = (Choice("yes", "true"), Choice("no", "false"))
ANOTHER = "another"
# Answered with several texts, commas between them; each of the first is the name of something.
LISTS = ("endpoints", "models", "packages", "system_packages")
#: What an endpoint is at first; its fields are for chute.py, or for an answers file.
ENDPOINT = {
    "fields": {"text": {"type": "str", "description": "What to work on."}},
    "answer": "json",
}


def ask(
    console: Console,
    questionnaire: Questionnaire,
    question: Question,
    context: Mapping[str, Any],
    value: Any,
    check: Check,
    *,
    notes: Sequence[str] = (),
) -> Any:
    """The answer as the template will see it, or BACK; `value` is what stands there at first.

    `notes` are said besides what the template says of the question.
    """
    frame = _frame(questionnaire, question)
    frame = replace(frame, notes=[*frame.notes, *notes])
    if question.key == "model":
        answer = _ask_model(console, questionnaire, context, frame, value, check)
        return answer if answer is BACK else questionnaire.check(question, answer, context)[0]
    if question.key in LISTS:
        return _ask_list(console, question, frame, value, check)
    choices = questionnaire.choices(question, context)
    if question.multiselect:
        return console.some(frame, _shorter(choices, context), value or (), check)
    if choices:
        return console.one(frame, choices, value, check)
    if is_boolean(questionnaire, question):
        answer = console.one(frame, YES_NO, "true" if value else "false", check)
    else:
        answer = console.text(frame, as_text(value), check)
    return answer if answer is BACK else questionnaire.check(question, answer, context)[0]


def _ask_list(
    console: Console, question: Question, frame: Frame, value: list[Any], check: Check
) -> Any:
    """A list typed with commas; endpoints by their names, as they were or as new ones."""
    known = {each["name"]: each for each in value or () if isinstance(each, dict)}

    def listed(text: str) -> list[Any]:
        texts = [part.strip() for part in text.split(",") if part.strip()]
        if question.key != "endpoints":
            return [addresses.pinned(text) if question.key == "models" else text for text in texts]
        return [known.get(name) or {"name": name, **ENDPOINT} for name in texts]

    texts = ", ".join(map(_named, value or ()))
    how = "Several, with commas between them."
    if question.key == "endpoints":
        how = (
            "Names, with commas between them. "
            "A new one begins with one field, text: change that in chute.py."
        )
    frame = replace(frame, notes=[*frame.notes, how])
    answer = console.text(frame, texts, lambda text: check(listed(text)))
    return answer if answer is BACK else listed(str(answer))


def is_boolean(questionnaire: Questionnaire, question: Question) -> bool:
    """Is it answered with yes or no?"""
    limit = questionnaire.limits.get(question.key, {})
    return limit.get("type") == "boolean" or isinstance(question.default, bool)


def as_text(value: Any) -> str:
    """A value as one would type it; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    text = yaml.safe_dump(value, default_flow_style=True, width=1000)
    return text.removesuffix("\n").removesuffix("\n...")


def shown(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_named, value)) or "none"
    return as_text(value) or "none"


def _named(item: Any) -> str:
    """One item of a list: by its name, where it has one and more."""
    return str(item.get("name", item)) if isinstance(item, dict) else str(item)


def _frame(questionnaire: Questionnaire, question: Question) -> Frame:
    """The first sentence of the help is what is asked, the others say what the answer changes."""
    title, _, rest = question.help.partition("? ")
    if not rest:
        title, _, rest = question.help.partition(". ")
        title = f"{title.rstrip('.')}." if not title.endswith("?") else title
    else:
        title += "?"
    rule = questionnaire.limits.get(question.key, {}).get("because", "")
    notes = [rest, "" if is_boolean(questionnaire, question) else rule]
    return Frame(question.key, title, [note for note in notes if note])


def _shorter(choices: tuple[Choice, ...], context: Mapping[str, Any]) -> list[Choice]:
    """Reasons without the model's name, which is known here and makes lines wrap."""
    name = f"{context['model']} "
    return [Choice(c.title, c.value, c.reason.removeprefix(name)) for c in choices]


def _ask_model(
    console: Console,
    questionnaire: Questionnaire,
    context: Mapping[str, Any],
    frame: Frame,
    value: str,
    check: Check,
) -> str | Answer:
    """One of the catalog, or the id of any other."""
    entries = context["catalog"][context["workload"]]
    ids = [entry["id"] for entry in entries]
    choices = [
        *(
            Choice(model_title(questionnaire, context, entry, ids), entry["id"])
            for entry in entries
        ),
        Choice("another model: type its id", ANOTHER),
    ]
    default = value if value in ids else ANOTHER
    while True:
        picked = console.one(
            frame,
            choices,
            default,
            lambda id_: "" if id_ == ANOTHER else check(id_),
            other=ANOTHER,
        )
        if picked != ANOTHER:
            return picked
        typed = console.text(frame, "" if value in ids else value, check)
        if typed is not BACK:
            return typed
        default = ANOTHER


def model_title(
    questionnaire: Questionnaire,
    context: Mapping[str, Any],
    entry: Mapping[str, Any],
    ids: list[str],
) -> str:
    """Id, memory each GPU must have by the template's own arithmetic, license if it is known."""
    need = next(q for q in questionnaire.questions if q.key == "needed_gb")
    needed = questionnaire.default(need, {**context, "entry": entry})
    terms = ", ".join(filter(None, (entry["license"], "gated" if entry["gated"] else "")))
    return f"{entry['id']:<{max(map(len, ids))}} {needed:>4} GB  {terms}".rstrip()
