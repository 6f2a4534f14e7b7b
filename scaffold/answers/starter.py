"""A commented answers file to start from."""

import json
from collections.abc import Mapping
from typing import Any

from scaffold.answers.questions import Question, Questionnaire
from scaffold.errors import BadUsage

SCHEMA = "answers.schema.json"


def starter(
    questionnaire: Questionnaire, workload: str, answers: Mapping[str, Any] | None = None
) -> str:
    """Every question with its help, its rule and its default; the required ones to be filled in.

    What is already known of the `answers` is filled in. Raises BadUsage when it is wrong.
    """
    known = {"workload": workload, **(answers or {})}
    resolution = questionnaire.resolve(known)
    if wrong := [p for p in resolution.problems if p.key.partition(".")[0] in known]:
        raise BadUsage("the answers do not work", problems=wrong)
    lines = [
        f"# yaml-language-server: $schema={SCHEMA}",
        "# The line above is for editors: `chute-new answers --schema > "
        f"{SCHEMA}` makes that file.",
        "#",
        "# Answers for chute-new. Uncomment what you want to change, then run",
        "#   chute-new DEST --answers THIS_FILE",
        "",
    ]
    for question in questionnaire.questions:
        if question.key in resolution.answers:
            value = resolution.answers[question.key]
            lines += _entry(questionnaire, question, value, known=question.key in known)
    return "\n".join(lines).rstrip()


def _entry(
    questionnaire: Questionnaire, question: Question, value: Any, *, known: bool
) -> list[str]:
    rule = questionnaire.limits.get(question.key, {}).get("because", "")
    lines = [f"# {text[0].upper()}{text[1:]}" for text in (question.help, rule) if text]
    if question.required and not known:
        return [*lines, f"{question.key}:  # required", ""]
    marker = "" if known else "# "
    return [*lines, f"{marker}{question.key}: {json.dumps(value, ensure_ascii=False)}", ""]
