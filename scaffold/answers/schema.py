"""The questions as documents for programs: a JSON Schema of answers files, and a list of them."""

from collections.abc import Mapping
from typing import Any

from scaffold.answers.questions import Choice, Question, Questionnaire, uncomputable

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(questionnaire: Questionnaire) -> dict[str, Any]:
    """JSON Schema of answers files: what each key takes, and which keys go with which workload.

    Rules that need arithmetic, such as whether a model fits a GPU, are not in it, nor that
    what is required and has nothing behind its colon is still to be filled in.
    """
    asked = [question for question in questionnaire.questions if question.asked]
    return {
        "$schema": _DIALECT,
        "title": "Answers for chute-new",
        "description": "What `chute-new DEST --answers FILE` reads, in YAML or JSON.",
        "type": "object",
        "properties": {question.key: _property(questionnaire, question) for question in asked},
        "required": [question.key for question in asked if question.required],
        "additionalProperties": False,
        "allOf": [
            *(
                _of_workload(questionnaire, workload)
                for workload in _facts(questionnaire)["engines"]
            ),
            _revision(questionnaire),
            _tee(),
        ],
    }


def _property(questionnaire: Questionnaire, question: Question) -> dict[str, Any]:
    limit = questionnaire.limits.get(question.key, {})
    described: dict[str, Any] = {
        "description": " ".join(filter(None, [question.help, limit.get("because")])),
        **standard(limit),
    }
    values = list(questionnaire.possible_values(question))
    if question.multiselect:
        # YAML reads the name of a card without quotes as a number where it is one.
        numbers = [int(value) for value in values if value.isdecimal()]
        described |= {"type": "array", "items": {"enum": [*values, *numbers]}}
    elif values:
        described |= {"enum": values}
    if question.required and isinstance(described.get("type"), str):
        # A starter file still has to be filled in; the tool says so, and an editor need not.
        described["type"] = [described["type"], "null"]
    static = not (isinstance(question.default, str) and "{" in question.default)
    return described | ({"default": question.default} if static and not question.required else {})


def standard(limit: Any) -> Any:
    """A limit in the vocabulary of JSON Schema alone: words go, `cases` become conditions."""
    if isinstance(limit, list):
        return [standard(each) for each in limit]
    if not isinstance(limit, dict):
        return limit
    plain = {
        key: standard(value)
        for key, value in limit.items()
        if key not in ("because", "cases", "always")
    }
    if isinstance(plain.get("type"), str) and plain["type"] == "object" and "properties" in plain:
        plain["additionalProperties"] = False
    if "cases" in limit:
        plain["properties"] = {"type": {"enum": list(limit["cases"])}}
        plain["allOf"] = [
            {
                "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
                "then": {
                    "properties": {"type": True, **standard(own), **standard(limit["always"])},
                    "additionalProperties": False,
                },
            }
            for kind, own in limit["cases"].items()
        ]
    return plain


def _of_workload(questionnaire: Questionnaire, workload: str) -> dict[str, Any]:
    """Which engines serve it, which models do not, and which questions it does not have."""
    context = questionnaire.resolve({"workload": workload}).context
    is_default = questionnaire.resolve({}).context["workload"] == workload
    properties: dict[str, Any] = {}
    for question in questionnaire.questions:
        if question.asked and not questionnaire.visible(question, context):
            properties[question.key] = False
    if properties.get("engine", True):
        properties["engine"] = {"enum": [entry["id"] for entry in context["engines"][workload]]}
    if properties.get("task", True) and "tasks" in context:
        properties["task"] = {"enum": [entry["id"] for entry in context["tasks"][workload]]}
    others = [
        entry["id"]
        for other, entries in context["catalog"].items()
        for entry in entries
        if other != workload
    ]
    if properties.get("model", True):
        properties["model"] = {"not": {"enum": others}}
    if (only := _only_concurrency(questionnaire, context)) is not None:
        properties["concurrency"] = {"const": only}
    return {
        "if": {
            "properties": {"workload": {"const": workload}},
            **({} if is_default else {"required": ["workload"]}),
        },
        "then": {"properties": properties},
    }


def _only_concurrency(questionnaire: Questionnaire, context: Mapping[str, Any]) -> int | None:
    """The one value it can have; None where there is a range of them."""
    question = next(q for q in questionnaire.questions if q.key == "concurrency")
    limit = questionnaire.limits[question.key]
    ends = [limit["minimum"], limit["maximum"]]
    right = [end for end in ends if not questionnaire.check(question, end, context)[1]]
    return right[0] if len(right) == 1 else None


def _tee() -> dict[str, Any]:
    """The platform keeps some names for chutes in a trusted execution environment."""
    return {
        "if": {"properties": {"tee": {"const": False}}, "required": ["tee"]},
        "then": {"properties": {"name": {"not": {"type": "string", "pattern": "tee$"}}}},
    }


def _revision(questionnaire: Questionnaire) -> dict[str, Any]:
    """A model that is not in the catalog brings its commit."""
    models = _facts(questionnaire)["catalog"]
    known = [entry["id"] for entries in models.values() for entry in entries]
    return {
        "if": {"properties": {"model": {"not": {"enum": known}}}, "required": ["model"]},
        "then": {"required": ["revision"]},
    }


def _facts(questionnaire: Questionnaire) -> dict[str, Any]:
    return {q.key: q.default for q in questionnaire.questions if q.when is False}


def listing(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Every question as it stands beside `answers`: its text, default, choices and limits.

    A default that cannot be computed, because an answer is wrong, is null.
    """
    resolution = questionnaire.resolve(answers)
    context = {**resolution.context, "_copier_conf": {"data": dict(answers)}}
    return {
        "questions": [
            {
                "key": question.key,
                "question": question.help,
                "type": _type(questionnaire, question),
                "applies": questionnaire.visible(question, context),
                "required": questionnaire.required(question),
                "answer": resolution.answers.get(question.key) if question.key in answers else None,
                "default": _default(questionnaire, question, context),
                "multiselect": question.multiselect,
                "choices": [
                    {"value": choice.value, "title": choice.title, "refused_because": choice.reason}
                    for choice in _choices(questionnaire, question, context)
                ],
                "limits": questionnaire.limits.get(question.key, {}),
                **(
                    {"catalog": [entry["id"] for entry in context["catalog"][context["workload"]]]}
                    if question.key == "model" and context["workload"] in context["catalog"]
                    else {}
                ),
            }
            for question in questionnaire.questions
            if question.asked
        ],
        "problems": [
            {"key": problem.key, "value": problem.value, "message": problem.message}
            for problem in resolution.problems
        ],
    }


def _type(questionnaire: Questionnaire, question: Question) -> str | list[str]:
    """As JSON Schema names it, a list where there are several."""
    named = "array" if question.multiselect else "string"
    found: str | list[str] = questionnaire.limits.get(question.key, {}).get("type", named)
    return found


def _choices(
    questionnaire: Questionnaire, question: Question, context: Mapping[str, Any]
) -> tuple[Choice, ...]:
    try:
        return questionnaire.choices(question, context)
    except uncomputable():
        return ()


def _default(questionnaire: Questionnaire, question: Question, context: Mapping[str, Any]) -> Any:
    if questionnaire.required(question) or not questionnaire.visible(question, context):
        return None
    try:
        return questionnaire.default(question, context)
    except uncomputable():
        return None
