"""What the review screen says about a complete set of answers."""

from collections.abc import Mapping
from typing import Any

from scaffold import cost
from scaffold.answers import advice
from scaffold.answers.questions import Questionnaire, Resolution
from scaffold.wizard.asking import shown
from scaffold.wizard.prompts import width, wrap

# A group begins at its key and goes on to the next, in the order of the questions.
GROUPS = {
    "workload": "What it serves",
    "username": "Whose it is",
    "tee": "Where it runs",
    "concurrency": "How it scales",
    "cache": "What it comes with",
}
# Narrower than this, the variants stand below each other.
TABLE_COLUMNS = 64


def review(questionnaire: Questionnaire, resolution: Resolution, destination: str) -> list[str]:
    """Costs and warnings first, then every answer, in lines that fit the terminal."""
    context = resolution.context
    return [
        *_costs(context),
        *wrap(f"Eligible GPUs: {', '.join(context['eligible_gpus'])}", "  "),
        *(line for text in advice.warnings(context) for line in _bullet(text)),
        *_answers(questionnaire, resolution.answers),
        *_habits(resolution),
        *wrap(f"Destination: {destination}"),
    ]


def sentences(context: Mapping[str, Any]) -> list[str]:
    """Costs and warnings, one sentence or two each, to be read aloud."""
    return [
        *(f"{text}." for text in _prices(cost.as_json(cost.estimate(context)))),
        f"Eligible GPUs: {', '.join(context['eligible_gpus'])}.",
        *(f"Note: {text}" for text in advice.warnings(context)),
    ]


def _costs(context: Mapping[str, Any]) -> list[str]:
    estimates = cost.as_json(cost.estimate(context))
    if width() >= TABLE_COLUMNS:
        return cost.table(estimates)
    return [line for text in _prices(estimates) for line in wrap(text)]


def _prices(estimates: Mapping[str, Any]) -> list[str]:
    return [
        f"{variant}: {_price(one)} per instance and hour, at most "
        f"${one['usd_per_hour_cap']:.2f} per hour, "
        f"deployment fee ${one['deployment_fee_usd']:.2f}"
        for variant, one in estimates.items()
    ]


def _price(one: Mapping[str, Any]) -> str:
    low, high = (one["usd_per_hour_per_instance"][end] for end in ("min", "max"))
    return f"${low:.2f}" if low == high else f"${low:.2f} to ${high:.2f}"


def _bullet(text: str) -> list[str]:
    first, *rest = wrap(text, "  ")
    return [f"! {first[2:]}", *rest]


def _answers(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> list[str]:
    """Groups of `key value` pairs, as many in a line as fit."""
    lines: list[str] = []
    for key in (key for key in questionnaire.keys if key in GROUPS or key in answers):
        if key in GROUPS:
            lines += [GROUPS[key], ""]
        if key not in answers:
            continue
        pair = f"  {key} {shown(answers[key])}"
        if len(lines[-1]) + len(pair) <= width():
            lines[-1] += pair
        else:
            lines += wrap(pair.strip(), "  ")
    return [line for line in lines if line]


def _habits(resolution: Resolution) -> list[str]:
    """Which answers nobody gave today, and where they stand."""
    listed = ", ".join(f"{key} ({origin})" for key, origin in resolution.habits.items())
    return wrap(f"From your habits: {listed}") if listed else []
