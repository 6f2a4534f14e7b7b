"""The cords of a prototype as endpoints of a generated repository."""

import re
from dataclasses import dataclass
from typing import Any

from scaffold.adopt.body import Body
from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.reading import Prototype
from scaffold.adopt.requests import Bodies
from scaffold.adopt.returns import Answer, answer
from scaffold.adopt.source import Source
from scaffold.answers.questions import Questionnaire
from scaffold.check import sdk
from scaffold.check.declared import Cord

# What the kit serves itself.
OURS = ("/health", "/metrics")
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,29}$")


@dataclass
class Endpoint:
    """One cord: what it is called, where it is served, what it takes and answers.

    `method` is POST, or GET for one without a body. `path` is the public one, `inner` the one
    among chutes. `same` is another one with the same function.
    """

    cord: Cord
    name: str
    path: str
    inner: str
    method: str
    body: Body
    answer: Answer
    same: "Endpoint | None" = None

    @property
    def constant(self) -> str:
        """What its example is called."""
        return f"{self.name.upper()}_EXAMPLE"

    @property
    def content_type(self) -> str:
        """What clients get."""
        return "application/json" if self.answer.kind == "json" else self.answer.kind

    def as_answer(self) -> dict[str, Any]:
        """The endpoint as the answer `endpoints` has it."""
        fields = self.body.fields or {"body": {"type": "str", "default": None}}
        found: dict[str, Any] = {"name": self.name, "path": self.path, "fields": fields}
        return found | {"answer": self.answer.kind}


def class_name(name: str) -> str:
    """What the template calls the classes of an endpoint, without their last word."""
    return "".join(part.capitalize() for part in name.split("_"))


class Endpoints:
    """All of them; edits requests and returns in `source`."""

    def __init__(
        self,
        prototype: Prototype,
        source: Source,
        ledger: Ledger,
        questionnaire: Questionnaire,
    ) -> None:
        self.prototype = prototype
        self.source = source
        self.ledger = ledger
        self.reserved = questionnaire.reserved
        self.bodies = Bodies(prototype, source, ledger)
        self.found: list[Endpoint] = []
        #: Cords in whose place the kit has one.
        self.replaced: list[Cord] = []
        for cord in prototype.cords:
            self._add(cord)
        # One class can be the body of several cords, of which the first one's example is tried.
        constants: dict[str, str] = {}
        for each in self.posts:
            constants.setdefault(each.body.name, each.constant)
        self.bodies.configure(constants)

    @property
    def posts(self) -> list[Endpoint]:
        """Those that take a body."""
        return [each for each in self.found if each.method != "GET"]

    @property
    def gets(self) -> list[Endpoint]:
        """Those that take none."""
        return [each for each in self.found if each.method == "GET"]

    def answers(self) -> list[dict[str, Any]]:
        """The answer `endpoints`."""
        return [each.as_answer() for each in self.posts]

    def _add(self, cord: Cord) -> None:
        if cord.on("passthrough"):
            self.ledger.left(
                cord.function,
                f"cord {cord.function.name}, which passes requests on",
                "what it takes is described nowhere: declare its body and its method in chute.py, "
                "and send the request on from there",
                "IV104",
            )
            return
        inner = cord.value("path")
        given = inner.known and isinstance(inner.value, str) and inner.value
        own = sdk.normalised(str(inner.value)) if given else f"/{cord.function.name}"
        public = cord.public_path
        if not public:
            public = own
            hidden = cord.value("public_api_path")
            why = "without a public path nobody but the SDK's own client can call it"
            if hidden.given and not hidden.known:
                self.ledger.left(
                    At.of(cord.decorator),
                    f"the public path of {cord.function.name}",
                    f"it cannot be seen ({hidden.why}): say in chute.py where it is served",
                    "PA103",
                )
            else:
                self.ledger.changed(
                    At.of(cord.decorator), f"cord {cord.function.name}", why, "PA104", public
                )
        method = self._method(cord)
        if public in OURS:
            self.replaced.append(cord)
            return
        if any((it.method, it.path) == (method, public) for it in self.found):
            self.ledger.left(
                cord.function,
                f"cord {cord.function.name}",
                f"another one is served at {public} already: it is not carried",
                "PA108",
            )
            return
        name = self._name(cord)
        twin = next((it for it in self.found if it.cord.function is cord.function), None)
        if twin is not None:
            made, body = twin.answer, twin.body if method == twin.method else Body("")
        else:
            body = Body("")
            made = answer(
                cord,
                self._free(f"{class_name(name)}Answer"),
                self.source,
                self.ledger,
                self.prototype.repository,
            )
        if method == "GET" and cord.parameters:
            # The platform hands no arguments to a GET.
            body.alias, body.whole = cord.parameters[0].arg, "{}"
        if method != "GET" and not body.name:
            wanted = self._free(f"{class_name(name)}Request")
            body = self.bodies.of(cord, wanted, f"{name.upper()}_EXAMPLE")
        self.found.append(Endpoint(cord, name, public, own, method, body, made, twin))
        self.ledger.carried(
            At.of(cord.decorator),
            f"{method} {public}",
            f"{method} {public}, which sends {self.found[-1].content_type}",
        )
        self._settings(cord)

    def _free(self, name: str) -> str:
        """A name for a class that the prototype has not taken."""
        while name in self.source.module.top:
            name = f"New{name}"
        return name

    def _method(self, cord: Cord) -> str:
        for name in ("public_api_method", "method"):
            value = cord.value(name)
            if value.given and value.known:
                method = str(value.value).upper()
                if name == "public_api_method" or "public_api_method" not in cord.arguments:
                    if method not in ("GET", "POST"):
                        self.ledger.left(
                            At.of(cord.decorator),
                            f"{method} of {cord.function.name}",
                            "it is a POST here: say in its cord what clients use",
                            "PA106",
                        )
                        return "POST"
                    return method
        return "POST"

    def _name(self, cord: Cord) -> str:
        name = cord.function.name.strip("_").lower()
        taken = {each.name.replace("_", "") for each in self.found}
        reserved = {*self.reserved.get("in_code", ()), *self.reserved.get("endpoints", ())}
        if not _NAME.match(name) or name in reserved or name.replace("_", "") in taken:
            name = f"answer_{re.sub(r'[^a-z0-9_]', '_', name)}"[:30].rstrip("_")
            while name.replace("_", "") in taken:
                name = f"{name[:28]}_{len(taken)}"
            self.ledger.changed(
                At.of(cord.function),
                f"the function {cord.function.name}",
                "chute.py uses that name itself; the path is as it was",
                "PA102",
                f"Model.{name}",
            )
        return name

    def _settings(self, cord: Cord) -> None:
        """What else a cord says."""
        known = {
            "path",
            "public_api_path",
            "public_api_method",
            "method",
            "input_schema",
            "minimal_input_schema",
            "output_content_type",
            "stream",
        }
        for name in cord.arguments.nodes:
            if name in known:
                continue
            why = "the generated cord does not set it: add it in make_chute if it is needed"
            check = "" if name in sdk.CORD or name in sdk.SESSION else "PA107"
            node = At.of(cord.arguments.nodes[name][0])
            self.ledger.left(node, f"{name} of the cord {cord.function.name}", why, check)
        if cord.arguments.hidden:
            why = f"{cord.arguments.hidden}: see whether a setting is missing"
            self.ledger.left(At.of(cord.decorator), f"the cord {cord.function.name}", why)
        if cord.value("stream").value is True and not cord.streams:
            self.ledger.changed(
                At.of(cord.decorator),
                f"stream=True of {cord.function.name}",
                "its function does not yield",
                "OU105",
                "one answer",
            )
