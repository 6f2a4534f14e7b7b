"""The register of checks: families, and the decorator that enters a function."""

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module

from scaffold.check.model import Answer, Check, Severity

# Prefix of the ids: title, modules under `families`.
FAMILIES: dict[str, tuple[str, str]] = {
    "SU": ("Start-up and shutdown", "startup importing started"),
    "HE": ("Health", "health"),
    "ER": ("Errors", "errors"),
    "SC": ("Concurrency and scaling", "scaling"),
    "CA": ("Caching", "caching"),
    "KS": ("Keys and secrets", "secrets untrusted"),
    "IV": ("Input validation", "inputs schemas"),
    "OU": ("Answers and streams", "outputs"),
    "LO": ("Logging", "logging"),
    "ME": ("Metrics", "metrics"),
    "PI": ("Pins", "pins weights"),
    "TA": ("Immutable tags", "tags"),
    "SG": ("Staging", "staging"),
    "NA": ("Names", "names"),
    "LI": ("Limits", "limits"),
    "HW": ("Hardware and TEE", "hardware"),
    "PA": ("Cords and paths", "cords functions"),
    "IM": ("Image build", "image bases"),
    "SD": ("The SDK's silent traps", "traps undefined"),
    "TE": ("Template builders", "builders"),
    "CI": ("Commands and pipelines", "commands"),
    "CK": ("chutekit, the shared package", "fence"),
    "LD": ("Built objects (--load)", "loaded"),
    "EN": ("The check itself", "engine_rules"),
}
_CHECKS: dict[str, Check] = {}
Look = Callable[..., Iterable[Answer]]


def check(
    id: str,
    title: str,
    severity: Severity,
    *,
    each: str = "repository",
    why: str,
    fix: str,
    before: str,
    after: str,
) -> Callable[[Look], Look]:
    """Enter the decorated function as the check of that id."""

    def enter(look: Look) -> Look:
        if id in _CHECKS:
            raise ValueError(f"two checks are called {id}")
        family = id.rstrip("0123456789")
        _CHECKS[id] = Check(
            id,
            family,
            title,
            severity,
            why=" ".join(why.split()),
            fix=" ".join(fix.split()),
            before=before.strip("\n"),
            after=after.strip("\n"),
            each=each,
            look=look,
        )
        return look

    return enter


@cache
def checks() -> dict[str, Check]:
    """All checks by id, in the order of the families."""
    for _, modules in FAMILIES.values():
        for module in modules.split():
            import_module(f"scaffold.check.families.{module}")
    order = list(FAMILIES)
    return dict(sorted(_CHECKS.items(), key=lambda item: (order.index(item[1].family), item[0])))
