"""The course of the questions: forward, a step back, and round again from the review."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.answers.questions import (
    OF_THE_MODEL,
    Choice,
    Question,
    Questionnaire,
    Resolution,
    uncomputable,
)
from scaffold.answers.secrets import redact
from scaffold.answers.templates import Later
from scaffold.destination import DESTINATION_KEY, check_destination
from scaffold.errors import BadUsage, Stop
from scaffold.wizard import own_models
from scaffold.wizard.asking import ask, model_title, shown
from scaffold.wizard.console import (
    BACK,
    CHANGE,
    CREATE,
    EVERYTHING,
    QUIT,
    STEP_BACK,
    Answer,
    Console,
    Frame,
    clip,
)
from scaffold.wizard.prompts import console_on_terminal, width
from scaffold.wizard.review import review, sentences
from scaffold.wizard.scaling import HELP, KEYS, KNOWN, SCALING, Advice, advise

if TYPE_CHECKING:
    from scaffold.models.lookup import Looked

# Asked on the way to the review; all others have defaults that can be changed there.
ESSENTIAL = frozenset(
    {
        "workload",
        "endpoints",
        "models",
        "engine",
        "model",
        "task",
        "username",
        "name",
        "include",
        "scaling",
        "concurrency",
        "max_instances",
        "cache",
        "ci",
        "destination",
    }
)
# Asked besides when the catalog knows nothing of the model.
UNKNOWN_MODEL = frozenset({"gated", "context_length", "min_vram_gb_per_gpu"})
DESTINATION = Question(
    key=DESTINATION_KEY,
    kind="str",
    help="Where shall the repository be made? A folder that is empty or does not exist yet.",
    when=True,
    default="./{{ name }}",
    choices=(),
    multiselect=False,
    validator="",
)


class Agreed(NamedTuple):
    """What was said yes to: `answers` complete and without problems.

    `chosen` names those that were given or typed; the others are defaults.
    """

    destination: Path
    answers: dict[str, Any]
    chosen: frozenset[str] = frozenset()


def run(
    questionnaire: Questionnaire,
    given: Mapping[str, Any],
    destination: Path | None = None,
    *,
    plain: bool = False,
    look_up: "LookUp | None" = None,
    asks: bool = True,
    keep: Callable[[Mapping[str, Any]], None] | None = None,
    resumed: bool = False,
) -> Agreed | None:
    """Ask for what is not `given`, show the whole and ask again; None when the user quits.

    Given answers, and the destination, can be changed at the review; one that does not work with
    what is answered before it is asked for. Where they are `resumed` they are shown as if they
    had been answered just now, and can be stepped back to. `plain` asks in lines. `look_up` finds
    out about a model that is not in the catalog, for which it `asks` somebody. Keys that are no
    questions raise BadUsage, Ctrl-C and Ctrl-D KeyboardInterrupt, before which `keep` gets what was
    answered. Nothing is written here.
    """
    unknown = [questionnaire.unknown(k, v) for k, v in given.items() if k not in questionnaire.keys]
    if unknown:
        raise BadUsage("the answers do not work", problems=unknown)
    known = dict(given) | ({} if destination is None else {DESTINATION.key: str(destination)})
    with console_on_terminal(plain=plain) as console:
        questions = [*_with_scaling(questionnaire), DESTINATION]
        interview = _Interview(console, questionnaire, known, questions, look_up, asks=asks)
        try:
            return interview.run(resumed=resumed)
        except (KeyboardInterrupt, EOFError) as end:
            if keep is not None:
                keep(interview.answered())
            raise KeyboardInterrupt from end


def ask_only(
    questionnaire: Questionnaire, keys: Collection[str], known: Mapping[str, Any]
) -> dict[str, Any]:
    """What somebody answers to the questions `keys`, the others being answered as `known`.

    Only what differs from the defaults is returned. Ctrl-C and Ctrl-D raise KeyboardInterrupt.
    """
    questions = [question for question in questionnaire.questions if question.key in keys]
    with console_on_terminal() as console:
        try:
            interview = _Interview(console, questionnaire, dict(known), questions)
            return interview.ask_all()
        except EOFError as end:
            raise KeyboardInterrupt from end


class _Interview:
    """`chosen` holds what was given or differs from the defaults; everything else follows."""

    def __init__(
        self,
        console: Console,
        questionnaire: Questionnaire,
        known: dict[str, Any],
        questions: Sequence[Question],
        look_up: "LookUp | None" = None,
        *,
        asks: bool = True,
    ) -> None:
        self.console = console
        self.look_up = look_up
        self.asks = asks
        self.looked_up: set[str] = set()
        self.questionnaire = questionnaire
        self.questions = questions
        self.chosen = known
        self.given = frozenset(known)
        self.asked: set[str] = set()
        self.traffic: dict[str, Any] = {}
        self._resolved: tuple[dict[str, Any], Resolution] | None = None
        context = self._context()
        self.model_of = {key: str(context["model"]) for key in OF_THE_MODEL if key in known}

    def run(self, *, resumed: bool = False) -> Agreed | None:
        """Questions, then the review until it is left."""
        self.console.say("A production chute, question by question.", "class:title")
        self.console.say(
            f"Nothing is written before you have seen the whole and said yes. {self.console.how}",
            "class:dim",
        )
        if "model" in self.chosen or "model" in self.questionnaire.habits:
            self._find_out()
        trail: _Trail = self._shown_again() if resumed else []
        self._until_done(trail)
        while (wish := self._review()) != CREATE:
            if wish == QUIT:
                self.console.say("Nothing was written.")
                return None
            if wish in (BACK, STEP_BACK):
                self._step_back(trail)
            else:
                self._revise(wish)
        destination = _folder(self._value(DESTINATION))
        answers = self._resolution.answers
        return Agreed(destination, answers, frozenset(self.chosen) & frozenset(answers))

    def _shown_again(self) -> "_Trail":
        """The rows of what was answered up to the first question that is open, as a trail."""
        trail = []
        for index, question in enumerate(self.questions):
            if question.key in self.chosen:
                trail.append((index, self.console.rows))
                self.console.answered(question.key, shown(self.chosen[question.key]))
                continue
            context = self._context()
            if self.questionnaire.visible(question, context) and self._on_the_way(question):
                break
        return trail

    def answered(self) -> dict[str, Any]:
        """What was given or answered so far, with the destination, also where it is the default."""
        questions = [question for question in self.questions if question.key in self.asked]
        return self.chosen | {question.key: self._value(question) for question in questions}

    def ask_all(self) -> dict[str, Any]:
        """Every question once, without a review; what was chosen."""
        while not self._walk([], lambda _: True):
            pass
        keys = {question.key for question in self.questions}
        return {key: value for key, value in self.chosen.items() if key in keys}

    def _until_done(self, trail: "_Trail", again: int | None = None) -> None:
        while not self._walk(trail, self._on_the_way, again):
            again = None

    def _step_back(self, trail: "_Trail") -> None:
        if not trail:
            self.console.say("No question was asked yet: change an answer instead.", "class:dim")
            return
        self._until_done(trail, self._taken_back(trail))

    def _taken_back(self, trail: "_Trail") -> int:
        """The question before, to be asked again, with its row and what followed it removed."""
        index, rows = trail.pop()
        self.given -= {self.questions[index].key}
        self.console.take_back(rows)
        return index

    def _walk(self, trail: "_Trail", wanted: "_Wanted", again: int | None = None) -> bool:
        """Settle the questions in their order; ask those `wanted`, and those that need an answer.

        Begins with question `again`, asked in any case, or with the first. `trail` remembers what
        was asked, for the way back; False when there is nothing left in it to step back to.
        """
        index = again or 0
        while index < len(self.questions):
            rows = self.console.rows
            question = self.questions[index]
            if not self._must_ask(question, wanted) and index != again:
                index += 1
            elif self._ask(question) is not BACK:
                trail.append((index, rows))
                index, again = index + 1, None
            elif trail:
                index = again = self._taken_back(trail)
            else:
                self.console.take_back(rows)
                return False
        return True

    def _on_the_way(self, question: Question) -> bool:
        return question.key not in self.given and self._essential(question)

    def _essential(self, question: Question) -> bool:
        """Worth a first-time user's attention, and there is something to choose."""
        context = self._context()
        if question.key == "concurrency" and context["workload"] == "image":
            return False
        choices = self.questionnaire.choices(question, context)
        if choices and not question.multiselect and sum(not c.reason for c in choices) < 2:
            return False
        if question is SCALING:
            return self.given.isdisjoint(KEYS)
        if question.key == "gated" and context["workload"] == "custom" and not context["models"]:
            return False
        if question.key in UNKNOWN_MODEL:
            return not context["entry"]
        return question.required or question.key in ESSENTIAL

    def _must_ask(self, question: Question, wanted: "_Wanted") -> bool:
        """Drop an answer that does not work any more; say whether to ask."""
        if not self.questionnaire.visible(question, self._context()):
            if question.key in self.chosen:
                self._drop(question, f"does not apply to workload {self._context()['workload']}")
            return False
        if question.key in self.chosen:
            if not (reason := self._wrong(question, self.chosen[question.key])):
                return wanted(question)
            self._drop(question, reason)
            return self._essential(question) or not self._default_works(question)
        self._leave_habit(question)
        return wanted(question) or not self._default_works(question)

    def _wrong(self, question: Question, value: Any) -> str:
        model = self._context()["model"]
        if self.model_of.get(question.key, model) != model:
            return f"was that of {self.model_of[question.key]}"
        return self._check(question, value)

    def _drop(self, question: Question, reason: str) -> None:
        value = shown(self.chosen.pop(question.key))
        self.model_of.pop(question.key, None)
        now = f"{question.key} is {shown(self._value(question))} now, not {value}"
        self.console.say(f"{now}: {reason}", "class:wrong")

    def _leave_habit(self, question: Question) -> None:
        """Do without a habit that is wrong, or does not go with the answers so far."""
        if question.key not in self.questionnaire.habits:
            return
        habit = self.questionnaire.habit(question, self._context())
        if habit and (reason := self._check(question, habit.value)):
            del self.questionnaire.habits[question.key]
            self._resolved = None
            told = (
                f"{question.key} {shown(habit.value)} from {habit.origin} is left aside: {reason}"
            )
            self.console.say(redact(told), "class:wrong")

    def _ask(self, question: Question) -> Any:
        value = self._answer_to(question)
        while question is SCALING and value == HELP and (value := self._advised()) is BACK:
            value = self._answer_to(question)
        if value is not BACK and question.key == own_models.KEY and self._looks_up:
            settled = own_models.found(self.console, self._looks_up, self._answers(), value)
            if settled is None:
                return self._ask(question)
            value = settled.pop(question.key)
            self._take_over(settled)
        if value is not BACK:
            if question is not SCALING:  # it is no answer: what follows from it is
                self._choose(question, value)
                self.asked.add(question.key)
            self.console.answered(question.key, shown(value))
            if question.key == "model" and not self._find_out():
                return self._ask(question)
        return value

    def _find_out(self) -> bool:
        """Look the model up if that was not done; say what came of it. False when it is refused."""
        answers = self._context()
        model = str(answers["model"])
        if self.look_up is None or model in self.looked_up:
            return True
        if answers["workload"] == "custom" or answers["entry"]:
            return True
        self.looked_up.add(model)
        if self.asks:
            self.console.say(f"Looking {model} up.", "class:dim")
        looked = self.look_up(self._answers())
        self._resolved = None
        self._take_over(looked.answers)
        for text in looked.warnings:
            self.console.say(text, "class:dim")
        if looked.unanswered:
            self.console.say(f"{looked.unanswered.message}.", "class:dim")
        why = self._check(next(q for q in self.questions if q.key == "model"), model)
        answers = self._resolution.context
        if why:
            self.console.say(redact(why), "class:wrong")
        elif entry := answers["entry"]:
            title = model_title(self.questionnaire, answers, entry, [model])
            gpus = answers["gpu_count"]
            each = f", on each of {gpus} GPUs" if gpus > 1 else ""
            self.console.say(f"Found: {title}{each}", "class:dim")
        return not why

    def _take_over(self, found: Mapping[str, Any]) -> None:
        """Take what a look-up found out for what was chosen."""
        for key, value in found.items():
            self._choose(next(q for q in self.questions if q.key == key), value)

    def _advised(self) -> Any:
        """Take over what was worked out, for the questions that follow to start from."""
        known = bool(self._context()["entry"])
        advice = advise(self.console, self._resolution.answers, self.traffic, speed_known=known)
        if advice is BACK:
            return BACK
        if isinstance(advice, Advice):
            self.console.say(advice.says)
            for question in self.questions:
                if question.key in advice.answers and question.key not in self.given:
                    self._choose(question, advice.answers[question.key])
        return KNOWN if advice is None else HELP

    @property
    def _looks_up(self) -> "LookUp | None":
        """What looks models of one's own up, where it has somebody to ask."""
        return self.look_up if self.asks else None

    def _answer_to(self, question: Question) -> Any:
        named = question.key == own_models.KEY and self._looks_up is not None
        return ask(
            self.console,
            self.questionnaire,
            question,
            self._context(),
            self._proposal(question),
            lambda value: self._check(question, own_models.supposed(value) if named else value),
            notes=[own_models.NOTE] if named else [],
        )

    def _proposal(self, question: Question) -> Any:
        """What stands at the prompt: the answer, or a name for a chute after its folder."""
        value = self._value(question)
        if question.key != "name" or value is not None or DESTINATION.key not in self.chosen:
            return value
        folder = _folder(self.chosen[DESTINATION.key]).absolute().name
        name = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")
        return None if self._check(question, name) else name

    def _choose(self, question: Question, value: Any) -> None:
        """A default that was accepted stays a default: it follows when other answers change."""
        self.chosen.pop(question.key, None)
        self.model_of.pop(question.key, None)
        if value != self._value(question):
            self.chosen[question.key] = value
            if question.key in OF_THE_MODEL:
                self.model_of[question.key] = self._context()["model"]

    def _review(self) -> str | Answer:
        destination = self._value(DESTINATION)
        frame = Frame("review", f"Create it in {destination}?", pane=self._summary)
        return self.console.review(frame, self._listed(), self._obstacle)

    def _summary(self) -> list[str]:
        if self.console.spoken:
            return sentences(self._resolution.context)
        return review(self.questionnaire, self._resolution, self._value(DESTINATION))

    def _listed(self) -> dict[str, str]:
        """All that can be changed, as people read it."""
        context = self._context()
        visible = [q for q in self.questions if self.questionnaire.visible(q, context)]
        return {question.key: shown(self._value(question)) for question in visible}

    def _obstacle(self, wish: str) -> str:
        """The destination may have been filled since it was asked for."""
        return self._check(DESTINATION, self._value(DESTINATION)) if wish == CREATE else ""

    def _revise(self, wish: str) -> None:
        """Ask for one answer or all, and for those that do not work with it; or leave all as is."""
        everything, picked = wish == EVERYTHING, self._pick() if wish == CHANGE else wish
        if picked is BACK:
            return
        before, models, rows = dict(self.chosen), dict(self.model_of), self.console.rows
        if not self._walk([], lambda question: everything or question.key == picked):
            self.chosen, self.model_of = before, models
            self.console.take_back(rows)

    def _pick(self) -> str | Answer:
        listed = self._listed()
        longest, most = max(map(len, listed)), 3 * width()
        choices = [
            Choice(clip(f"{key:<{longest}}  {value}", most), key) for key, value in listed.items()
        ]
        return self.console.one(Frame("change", "Which answer?"), choices, None, lambda _: "")

    def _check(self, question: Question, value: Any) -> str:
        if question is not DESTINATION:
            return self.questionnaire.check(question, value, self._context())[1]
        try:
            check_destination(_folder(value))
        except Stop as stop:
            return stop.message
        return "" if value else "must name a folder"

    def _value(self, question: Question) -> Any:
        """The answer as it stands, chosen or default; None where none can be computed."""
        if question.key in self.chosen:
            return self.chosen[question.key]
        if self.questionnaire.required(question):
            return None
        try:
            return self.questionnaire.default(question, self._context())
        except uncomputable():
            return None

    def _default_works(self, question: Question) -> bool:
        return not self.questionnaire.required(question) and not self._check(
            question, self._value(question)
        )

    def _context(self) -> Mapping[str, Any]:
        return Later(partial(self._names, self._answers()))

    def _names(self, answers: dict[str, Any]) -> dict[str, Any]:
        return {**self._resolve(answers).context, "_copier_conf": {"data": answers}}

    @property
    def _resolution(self) -> Resolution:
        return self._resolve(self._answers())

    def _resolve(self, answers: dict[str, Any]) -> Resolution:
        if self._resolved is None or self._resolved[0] != answers:
            self._resolved = answers, self.questionnaire.resolve(answers)
        return self._resolved[1]

    def _answers(self) -> dict[str, Any]:
        return {key: value for key, value in self.chosen.items() if key not in _OWN}


def _folder(typed: str) -> Path:
    """A destination as typed here, where no shell has replaced `~`."""
    try:
        return Path(typed).expanduser()
    except RuntimeError:  # nobody of that name
        return Path(typed)


def _with_scaling(questionnaire: Questionnaire) -> Iterator[Question]:
    """The questions of the template, and the one about scale before the first that it settles."""
    first = next(question.key for question in questionnaire.questions if question.key in KEYS)
    for question in questionnaire.questions:
        if question.asked:
            yield from [SCALING] if question.key == first else []
            yield question


# Asked here and not by the template, so that they are no answers.
_OWN = frozenset({DESTINATION.key, SCALING.key})
LookUp = Callable[[Mapping[str, Any]], "Looked"]
_Wanted = Callable[[Question], bool]
# Index of a question that was asked, and the rows of the transcript before it.
_Trail = list[tuple[int, int]]
