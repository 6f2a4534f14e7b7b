"""Reads the questions of `template/copier.yml` the way copier does.

Copier renders, but it stops at the first wrong answer, ignores unknown ones and cannot go back a
step. Everything else in this package asks this module instead, and a differential test holds it
to copier's verdicts.
"""

import copy
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from scaffold.answers import addresses
from scaffold.answers.reading import Form
from scaffold.answers.templates import Texts, unrenderable
from scaffold.errors import Problem

# libyaml's, where PyYAML was built with it, is many times faster.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Answers = dict[str, Any]
_REQUIRED = object()
# What the facts call the names that these questions take.
PARSERS = {"tool_parser": "tools", "reasoning_parser": "reasoning"}
# What is true of one model and not of the next, however valid it looks.
OF_THE_MODEL = frozenset({"revision", "gated", "pictures", "tool_parser", "reasoning_parser"})


def template_folder() -> Path:
    """The template: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_template"
    return installed if installed.is_dir() else package.parent / "template"


@dataclass(frozen=True)
class Choice:
    """One value to choose; `reason` says why it cannot be chosen now, empty when it can."""

    title: str
    value: str
    reason: str = ""


@dataclass(frozen=True)
class Question:
    """One question of copier.yml, its fields unrendered."""

    key: str
    kind: str
    help: str
    when: Any
    default: Any
    choices: Any
    multiselect: bool
    validator: str

    @property
    def asked(self) -> bool:
        """False for facts and derived values, which are never answers."""
        return self.when is not False

    @property
    def required(self) -> bool:
        """True when there is no default."""
        return self.default is _REQUIRED


@dataclass(frozen=True)
class Habit:
    """A default of one's own; `origin` says in words where it stands."""

    value: Any
    origin: str


def uncomputable() -> tuple[type[Exception], ...]:
    """What choices and defaults raise that an earlier wrong answer makes impossible to compute."""
    return (*unrenderable(), LookupError, yaml.YAMLError)


@dataclass
class Resolution:
    """What a set of answers comes to: `answers` complete, `derived` facts and computed values.

    `habits` says by key where the answers that are habits stand.
    """

    answers: Answers = field(default_factory=dict)
    derived: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    habits: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> dict[str, Any]:
        """All names a template may use."""
        return {**self.derived, **self.answers}


class Questionnaire:
    """The questions of one template folder; `habits` are defaults that go before its own."""

    def __init__(self, template: Path | None = None) -> None:
        self.template = template or template_folder()
        self.habits: dict[str, Habit] = {}
        self._learned: dict[str, dict[str, Any]] = {}
        self._refusals: dict[tuple[str, str], str] = {}

    def learn(self, model: str, entry: dict[str, Any] | None, refusals: Mapping[str, str]) -> None:
        """Take a model for one of the catalog: its `entry`, where an engine serves it.

        `refusals` say by engine why one does not. Only language models have an entry.
        """
        if entry:
            self._learned[model] = entry
        for engine, why in refusals.items():
            self._refusals[engine, model] = why

    @cached_property
    def _config(self) -> dict[str, Any]:
        return _load(self.template / "copier.yml")

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All of them in the order they are asked, facts and derived values included."""
        return tuple(
            Question(
                key=key,
                kind=details.get("type", "yaml"),
                help=details.get("help", ""),
                when=details.get("when", True),
                default=details.get("default", _REQUIRED),
                choices=details.get("choices", ()),
                multiselect=details.get("multiselect", False),
                validator=details.get("validator", ""),
            )
            for key, details in self._config.items()
            if not key.startswith("_")
        )

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The names an answers file may use."""
        return tuple(question.key for question in self.questions if question.asked)

    def form(self, key: str) -> Form:
        """How a value for this key is typed."""
        question = next((q for q in self.questions if q.key == key), None)
        if question is None or question.kind != "str":
            return "yaml"
        return "list" if question.multiselect else "text"

    def required(self, question: Question) -> bool:
        """Must somebody answer it?"""
        return question.required and question.key not in self.habits

    @cached_property
    def limits(self) -> dict[str, dict[str, Any]]:
        """JSON Schema fragments by key; `because` holds the rule in words."""
        limits: dict[str, dict[str, Any]] = dict(self._config["limits"]["default"])
        # Where lists have rules of their own: a template of before 0.8.0 has none.
        limits |= self._config.get("list_limits", {}).get("default", {})
        if "endpoint_limits" in self._config:
            limits["endpoints"] = self._config["endpoint_limits"]["default"]
        if kept := "|".join(self.reserved.get("in_names", ())):
            limits["name"] = {**limits["name"], "not": {"type": "string", "pattern": kept}}
        return limits

    @cached_property
    def reserved(self) -> dict[str, Any]:
        """What the platform keeps: words in names, and public paths with who takes them.

        Empty for a template of before 0.4.0, which does not say it.
        """
        reserved: dict[str, Any] = self._config.get("reserved", {}).get("default", {})
        return reserved

    @cached_property
    def texts(self) -> Texts:
        """What renders them."""
        return Texts(self.template, self._config["_envops"])

    def resolve(
        self, given: Mapping[str, Any], lines: Mapping[str, int] | None = None
    ) -> Resolution:
        """Complete `given` with defaults and check everything; all problems, not the first."""
        lines = lines or {}
        result = Resolution(
            problems=[self.unknown(key, given[key]) for key in given if key not in self.keys]
        )
        for question in self.questions:
            self._settle(question, given, result)
        result.problems = sorted(
            (replace(p, line=_line(p.key, lines)) for p in result.problems),
            key=lambda problem: problem.line or 0,
        )
        return result

    def _settle(self, question: Question, given: Mapping[str, Any], result: Resolution) -> None:
        key = question.key
        context = self._context(result, given)
        if question.asked and not self.visible(question, context):
            if key in given:
                message = f"does not apply to workload {context.get('workload')}"
                result.problems.append(Problem(key, given[key], message))
            result.derived[key] = self._quietly(question, context)
            return
        if not question.asked:
            result.derived[key] = self._quietly(question, context)
            return
        if given.get(key) is None and self.required(question):
            result.problems.append(Problem(key, None, "is required"))
            result.answers[key] = ""
            return
        habit = None
        try:
            habit = None if key in given else self.habit(question, context)
            if key in given:
                value = given[key]
            else:
                value = habit.value if habit else self.default(question, context)
            parsed, message = self.check(question, value, context)
        except uncomputable() as error:
            parsed, message = None, "" if result.problems else str(error)
            value = given.get(key)
        if habit:
            result.habits[key] = habit.origin
        if message:
            result.problems += _problems(key, value, message, habit)
            parsed = self._quietly(question, context) if key in given else parsed
        result.answers[key] = parsed

    def _quietly(self, question: Question, context: Mapping[str, Any]) -> Any:
        """The default, or None where wrong answers make it impossible to compute."""
        if self.required(question):
            return ""
        try:
            return self._parse(question, self.default(question, context), context)[0]
        except uncomputable():
            return None

    def _context(self, result: Resolution, given: Mapping[str, Any]) -> dict[str, Any]:
        return {**result.context, "_copier_conf": {"data": given}}

    def visible(self, question: Question, context: Mapping[str, Any]) -> bool:
        """Does this question apply to the answers so far?"""
        rendered = self.texts.render(question.when, context)
        return rendered if isinstance(rendered, bool) else str(rendered).strip() == "True"

    def default(self, question: Question, context: Mapping[str, Any]) -> Any:
        """The default, a habit or computed from the answers so far."""
        habit = self.habit(question, context)
        value = habit.value if habit else self.texts.render(question.default, context)
        if question.key == "catalog" and self._learned:
            value = {**value, "llm": [*value["llm"], *self._learned.values()]}
        return self._parse(question, value, context)[0]

    def habit(self, question: Question, context: Mapping[str, Any]) -> Habit | None:
        """The habit that is the default beside the answers so far.

        One of another workload, such as its engine, is left aside, and so is what belongs to
        another model.
        """
        habit = self.habits.get(question.key)
        if habit is None or not self.visible(question, context):
            return None
        model = self.habits.get("model")
        if question.key in OF_THE_MODEL and model and model.value != context["model"]:
            return None
        return None if self._of_another_workload(question, habit.value, context) else habit

    def _of_another_workload(
        self, question: Question, value: Any, context: Mapping[str, Any]
    ) -> bool:
        """Is it wrong for this workload whatever else is answered, and right for another one?"""
        # Prices and GPUs are kept: to leave one aside in silence could cost money.
        if question.multiselect or not self.check(question, value, context)[1]:
            return False
        # A task is right for a workload whichever model does it.
        wrong = self._parse if question.key == "task" else self.check
        right = {
            workload
            for workload, plain in self._workloads.items()
            if self.visible(question, plain) and not wrong(question, value, plain)[1]
        }
        return bool(right) and context.get("workload") not in right

    @cached_property
    def _workloads(self) -> dict[str, dict[str, Any]]:
        """What each workload comes to when nothing else is answered."""
        plain = copy.copy(self)
        plain.habits = {}
        workloads = next(question for question in self.questions if question.key == "workload")
        return {
            workload: plain.resolve({"workload": workload}).context
            for workload in self.possible_values(workloads)
        }

    def choices(self, question: Question, context: Mapping[str, Any]) -> tuple[Choice, ...]:
        """What can be chosen, empty for questions that are not a choice."""
        choices = self.texts.render(question.choices, context)
        return _written(choices) if isinstance(choices, str) else _listed(choices)

    def check(self, question: Question, value: Any, context: Mapping[str, Any]) -> tuple[Any, str]:
        """The value as the template will see it, and what is wrong with it (empty when nothing)."""
        parsed, message = self._parse(question, value, context)
        if question.key == "model":
            message = message or self._refusals.get((context.get("engine", ""), str(parsed)), "")
        if message or not question.validator:
            return parsed, message
        data = {**context.get("_copier_conf", {}).get("data", {}), question.key: value}
        scope = {**context, question.key: parsed, "_copier_conf": {"data": data}}
        try:
            message = " ".join(str(self.texts.render(question.validator, scope)).split())
        except re.error as error:
            message = f"holds a pattern that is no regular expression: {error}"
        except unrenderable() as error:
            message = str(error)
        # Unknown keys are reported one by one, with the nearest known name.
        return parsed, "" if message.startswith("unknown answers") else message

    def _parse(self, question: Question, value: Any, context: Mapping[str, Any]) -> tuple[Any, str]:
        if question.multiselect:
            return self._parse_selection(question, value, context)
        if question.kind == "yaml":
            return (_yaml(value) if isinstance(value, str) else value), ""
        text = value if isinstance(value, str) else None
        if text is None and isinstance(value, int | float):
            text = str(value)
        text = None if text is None else addresses.named(question.key, text)
        if not (choices := self.choices(question, context)):
            return (value, "must be text") if text is None else (text, "")
        return (
            (text, "")
            if text in [c.value for c in choices]
            else (
                value,
                f"must be one of: {', '.join(c.value for c in choices)}" + _nearest(text, choices),
            )
        )

    def _parse_selection(
        self, question: Question, value: Any, context: Mapping[str, Any]
    ) -> tuple[Any, str]:
        choices = self.choices(question, context)
        chosen = _yaml(value) if isinstance(value, str) else value
        if not isinstance(chosen, list):
            return value, "must be a list"
        wanted = [item if isinstance(item, str) else str(item) for item in chosen]
        known = {choice.value: choice for choice in choices}
        wrong = [
            f"{item!r} is not known to the platform{_nearest(item, choices)}"
            if item not in known
            else known[item].reason
            for item in wanted
            if item not in known or known[item].reason
        ]
        return [choice.value for choice in choices if choice.value in wanted], "; ".join(wrong)

    def unknown(self, key: str, value: Any) -> Problem:
        """The problem with a key that is no question, and the nearest that is one."""
        near = difflib.get_close_matches(str(key), self.keys, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(self.keys)}"
        return Problem(str(key), value, f"is not a question{hint}")

    def suggested(self, key: str) -> list[str]:
        """What one may type for an answer, where that can be listed."""
        question = next((q for q in self.questions if q.key == key and q.asked), None)
        if question is None:
            return []
        if self.limits.get(key, {}).get("type") == "boolean":
            return ["true", "false"]
        if key == "model":
            facts = next(q.default for q in self.questions if q.key == "catalog")
            return [entry["id"] for entries in facts.values() for entry in entries]
        return list(self.possible_values(question))

    def possible_values(self, question: Question) -> Iterator[str]:
        """Every value that some combination of answers lets one choose."""
        facts = {q.key: q.default for q in self.questions if q.when is False}
        if question.multiselect:
            yield from (gpu["id"] for gpu in facts["gpus"])
        elif question.key == "engine":
            yield from (e["id"] for engines in facts["engines"].values() for e in engines)
        elif question.key == "task" and "tasks" in facts:
            yield from (e["id"] for tasks in facts["tasks"].values() for e in tasks)
        elif question.key in PARSERS and "parsers" in facts:
            kind = PARSERS[question.key]
            yield from sorted(
                {"", *(n for known in facts["parsers"].values() for n in known[kind])}
            )
        else:
            yield from (choice.value for choice in self.choices(question, facts))


def _problems(key: str, value: Any, message: str, habit: Habit | None) -> list[Problem]:
    """One problem; of a list or mapping one for each fault, with the place where it is.

    The template tells several as `PLACE: what is allowed; PLACE: what is allowed`.
    """
    origin = f"; it comes from {habit.origin}" if habit else ""
    faults = re.split(r"; (?=[\w.-]+: )", message)
    if not isinstance(value, list) or not all(re.match(r"\d+(\.[\w-]+)*: ", it) for it in faults):
        return [Problem(key, value, message + origin)]
    found = []
    for fault in faults:
        place, _, told = fault.partition(": ")
        found.append(Problem(f"{key}.{place}", _at(value, place), told + origin))
    return found


def _at(value: Any, place: str) -> Any:
    """What stands at a place such as `0.fields.text`; None where nothing does."""
    for part in place.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return value


def _line(key: str, lines: Mapping[str, int]) -> int | None:
    """The line of a key, or of what it is part of."""
    while key not in lines and "." in key:
        key = key.rpartition(".")[0]
    return lines.get(key)


def _load(path: Path) -> dict[str, Any]:
    """copier.yml with its `!include`d documents merged, later ones first in authority."""

    class Loader(_SafeLoader):  # type: ignore[misc]
        pass

    def include(loader: Any, node: yaml.ScalarNode) -> Any:
        included = path.parent / str(loader.construct_scalar(node))
        return yaml.load(included.read_bytes(), _SafeLoader)

    Loader.add_constructor("!include", include)
    merged: dict[str, Any] = {}
    for document in yaml.load_all(path.read_bytes(), Loader):
        merged.update(document)
    return merged


@lru_cache(maxsize=64)
def _written(text: str) -> tuple[Choice, ...]:
    """Choices that were rendered: mostly the same ones as for the question before."""
    return _listed(yaml.load(text, _SafeLoader))


def _listed(choices: Any) -> tuple[Choice, ...]:
    entries = choices.items() if isinstance(choices, dict) else choices
    return tuple(_choice(entry) for entry in entries)


def _choice(entry: Any) -> Choice:
    title, value = entry if isinstance(entry, list | tuple) else (entry, entry)
    if isinstance(value, dict):
        return Choice(str(title), str(value["value"]), str(value.get("validator", "")))
    return Choice(str(title), str(value))


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, _SafeLoader)
    except (yaml.YAMLError, ValueError):
        return text


def _nearest(value: Any, choices: Sequence[Choice]) -> str:
    names = [choice.value for choice in choices]
    inside = [name for name in names if len(name) > 2 and name in str(value).lower()]
    near = difflib.get_close_matches(str(value).lower(), names, n=1) or inside[-1:]
    return f"; did you mean {near[0]}?" if near else ""
