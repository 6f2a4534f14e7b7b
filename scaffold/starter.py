"""A commented answers file to start from."""

import json
from typing import Any

from scaffold.errors import BadUsage
from scaffold.questions import Question, Questionnaire

SCHEMA = "answers.schema.json"


def starter(questionnaire: Questionnaire, workload: str) -> str:
    """Every question with its help, its rule and its default; the required ones to be filled in."""
    resolution = questionnaire.resolve({"workload": workload})
    if wrong := [p for p in resolution.problems if p.key == "workload"]:
        raise BadUsage("no such workload", problems=wrong)
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
            lines += _entry(questionnaire, question, resolution.answers[question.key])
    return "\n".join(lines).rstrip()


def _entry(questionnaire: Questionnaire, question: Question, value: Any) -> list[str]:
    rule = questionnaire.limits.get(question.key, {}).get("because", "")
    lines = [f"# {text[0].upper()}{text[1:]}" for text in (question.help, rule) if text]
    if question.required:
        return [*lines, f"{question.key}:  # required", ""]
    marker = "" if question.key == "workload" else "# "
    return [*lines, f"{marker}{question.key}: {json.dumps(value, ensure_ascii=False)}", ""]
