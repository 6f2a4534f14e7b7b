"""What a chute is called, runs on and scales by, as answers."""

import ast
import re
from typing import Any

from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.reading import Prototype
from scaffold.answers.questions import Questionnaire
from scaffold.check import sdk
from scaffold.check.values import Value

# Settings that are answers under the same name.
ANSWERS = (
    "tagline",
    "concurrency",
    "max_instances",
    "scaling_threshold",
    "shutdown_after_seconds",
)
# What else the SDK takes and a generated chute.py can say as it is.
LITERAL = ("allow_external_egress", "encrypted_fs", "lock_modules")
# The only GPU of ordinary accounts (docs/platform.md).
ORDINARY = "pro_6000"
_SELECTOR = ("gpu_count", "min_vram_gb_per_gpu", "max_hourly_price_per_gpu")
# What a chute has when it does not say so: the SDK's own defaults.
_DEFAULTS: dict[str, Any] = {"concurrency": 1, "max_instances": 1}
_LIMIT_CHECKS = {
    "concurrency": "LI101",
    "max_instances": "LI102",
    "shutdown_after_seconds": "LI103",
    "scaling_threshold": "LI104",
    "tagline": "LI106",
}


class Settings:
    """The answers, and `literal`: settings that stand in chute.py besides."""

    def __init__(self, prototype: Prototype, ledger: Ledger, questionnaire: Questionnaire) -> None:
        self.ledger = ledger
        self.limits = questionnaire.limits
        self.answers: dict[str, Any] = {}
        self.literal: dict[str, str] = {}
        self.arguments = prototype.chute.arguments
        self._title(prototype)
        for key in ANSWERS:
            self._answer(key, self.arguments.value(key), _DEFAULTS.get(key))
        self._tee()
        self._selector(prototype)
        self._others(prototype)

    def _title(self, prototype: Prototype) -> None:
        username = self.arguments.value("username")
        if username.known and re.search(self.limits["username"]["pattern"], str(username.value)):
            self.answers["username"] = username.value
            self._carried("username", username)
        else:
            why = f"it cannot be seen ({username.why})" if username.why else "it is no user name"
            self._left("username", f"{why}: name it with --set username=NAME", "NA107")
        key = (
            "model_name"
            if prototype.chute.kind.builder and "name" not in self.arguments
            else ("name")
        )
        name = self.arguments.value(key)
        if not name.known:
            why = f"it cannot be seen ({name.why}): name it with --set name=NAME"
            self._left(key, why, "NA101")
            return
        wanted = str(name.value)
        self.answers["name"] = plain_name(wanted)
        if self.answers["name"] == wanted:
            self._carried(key, name)
            return
        why = "names are lower-case here, and staging adds to them; another name is another chute"
        at = self._node(key)
        self.ledger.changed(
            at,
            f"{key} {wanted}",
            f"{why}, with an address of its own",
            "NA101",
            f"name {self.answers['name']}",
        )

    def _answer(self, key: str, value: Value, default: Any) -> None:
        if not value.given:
            if default is not None:
                self.answers[key] = default
            return
        if not value.known:
            self._left(key, f"it cannot be seen ({value.why}): set it with --set {key}=VALUE")
            return
        given = " ".join(value.value.split()) if isinstance(value.value, str) else value.value
        if sdk.within(given, self.limits[key]):
            self.answers[key] = given
            self._carried(key, value)
            return
        why = f"it must be {self.limits[key]['because']}"
        self.ledger.changed(
            self._node(key),
            f"{key}={value.value!r}",
            why,
            _LIMIT_CHECKS.get(key, "LI101"),
            "the default",
        )

    def _tee(self) -> None:
        value = self.arguments.value("tee")
        if value.known and value.value is True:
            self._carried("tee", value)
            return
        why = "the platform refuses new chutes without it"
        self.ledger.changed(self._node("tee"), "tee is not true", why, "HW101", "tee=True")

    def _selector(self, prototype: Prototype) -> None:
        selector = prototype.selector
        if selector is None:
            node = self._node("node_selector")
            hidden = "node_selector" in self.arguments
            if hidden:
                why = "it cannot be seen: say which GPUs with include and min_vram_gb_per_gpu"
                self.ledger.left(node, "node_selector", why, "HW111")
            else:
                why = "the platform needs to know on what it may run"
                self.ledger.changed(node, "no node_selector", why, "HW111", "include [pro_6000]")
            return
        chute, self.arguments = self.arguments, selector.arguments
        for key in _SELECTOR:
            self._answer(key, selector.value(key), None)
        for key in ("include", "exclude"):
            self._gpus(key, selector.value(key))
        if "include" not in self.answers:
            self._anywhere(selector.node)
        for key in selector.arguments.nodes:
            if key not in sdk.SELECTOR:
                why = "NodeSelector does not know it"
                self._left(key, why, "HW110")
        self.arguments = chute

    def _anywhere(self, node: ast.Call) -> None:
        """Nothing is included, so anything is that is large enough."""
        at = At.of(node)
        if self.answers.get("min_vram_gb_per_gpu", 0) <= sdk.gpus()[ORDINARY]["vram_gb"]:
            why = "ordinary accounts may deploy to that GPU only"
            self.ledger.changed(at, "no include", why, "HW102", f"include [{ORDINARY}]")
            return
        self.answers["include"] = []
        why = f"ordinary accounts may deploy to {ORDINARY} only, which has not that much memory"
        self.ledger.left(at, "min_vram_gb_per_gpu, and no include", why, "HW102")

    def _gpus(self, key: str, value: Value) -> None:
        if not value.given or (value.known and value.value is None):
            return
        if not value.known:
            self._left(key, f"it cannot be seen ({value.why}): set it with --set {key}=NAME")
            return
        wanted = [str(each) for each in value.value]
        found = [each.lower() for each in wanted if each.lower() in sdk.gpus()]
        if key == "exclude":
            found = found[: self.limits["exclude"]["maxItems"]]
        lost = [each for each in wanted if each.lower() not in found]
        if found:
            self.answers[key] = list(dict.fromkeys(found))
            self._carried(key, value)
        if lost:
            why = "the platform knows no GPU of that name, or takes no more of them"
            self.ledger.changed(self._node(key), f"{key} {', '.join(lost)}", why, "HW103")

    def _others(self, prototype: Prototype) -> None:
        known = {*ANSWERS, "username", "name", "tee", "node_selector", "image"}
        if prototype.chute.kind.builder:
            known |= set(prototype.chute.kind.parameters)
        for key in self.arguments.nodes:
            value = self.arguments.value(key)
            if key in known:
                continue
            if key in LITERAL and value.known:
                self.literal[key] = repr(value.value)
                self._carried(key, value, "make_chute in chute.py")
            elif key == "readme":
                why = "README.md is about the repository: put what clients should read into it"
                self._left(key, why)
            elif key == "standard_template" and value.known:
                why = "it has the platform rewrite requests for an engine"
                self._left(key, f"{why}: set it in make_chute if clients need that")
            elif key not in sdk.CHUTE and key not in sdk.FASTAPI:
                check = "SC101" if key in sdk.KEEP_WARM else "SD101"
                self._left(key, "the SDK has no such setting", check)
            else:
                self._left(key, "chute.py does not set it: add it in make_chute if it is needed")
        if self.arguments.hidden:
            self._left("**", f"{self.arguments.hidden}: see whether a setting is missing")

    def _node(self, key: str) -> ast.AST:
        nodes = self.arguments.nodes
        return nodes[key][0] if key in nodes else self.arguments.call

    def _carried(self, key: str, value: Value, to: str = "") -> None:
        shown = value.value if not isinstance(value.value, str) else f'"{value.value[:60]}"'
        self.ledger.carried(self._node(key), f"{key} {shown}", to or f"the answer {key}")

    def _left(self, key: str, why: str, check: str = "") -> None:
        self.ledger.left(self._node(key), f"setting {key}", why, check)


def plain_name(name: str) -> str:
    """A name of a chute or a model as generated chutes are called."""
    last = name.rpartition("/")[2].lower()
    plain = re.sub(r"[^a-z0-9]+", "-", last).strip("-")[:48].strip("-")
    plain = plain if plain[:1].isalpha() else f"chute-{plain}".strip("-")
    return plain if len(plain) >= 3 else f"{plain}-chute"
