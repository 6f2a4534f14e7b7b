"""The texts of copier.yml, rendered the way copier does.

Jinja takes longer to import than the wizard may take to its first question, so it is imported for
the first text that is a template: that question has none.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

    from scaffold.answers.compiled import Sandbox


class Texts:
    """Renders texts with the settings `options` of a template's `_envops`."""

    def __init__(self, template: Path, options: Mapping[str, Any]) -> None:
        self.template = template
        self.options = options
        self._compiled: dict[str, Template] = {}

    @cached_property
    def environment(self) -> "Sandbox":
        """Jinja's, as copier makes it."""
        from jinja2 import FileSystemLoader, StrictUndefined

        from scaffold.answers.compiled import Sandbox

        return Sandbox(
            loader=FileSystemLoader(self.template),
            extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
            keep_trailing_newline=True,
            **{**self.options, "undefined": StrictUndefined},
        )

    def render(self, value: Any, context: Mapping[str, Any]) -> Any:
        """A text, or each of a list of them; any other value as it is."""
        if isinstance(value, list):
            return [self.render(item, context) for item in value]
        if not isinstance(value, str) or "{" not in value:
            return value
        if value not in self._compiled:
            self._compiled[value] = self.environment.from_string(value)
        names = context.all if isinstance(context, Later) else context
        return self._compiled[value].render(names)


def unrenderable() -> tuple[type[Exception], ...]:
    """What rendering raises where an earlier answer makes a text impossible to compute."""
    from jinja2 import TemplateError

    return (TemplateError, TypeError, ValueError)


class Later(Mapping[str, Any]):
    """Names for a template, worked out when the first is looked up: some templates use none."""

    def __init__(self, work_out: Callable[[], Mapping[str, Any]]) -> None:
        self._work_out = work_out

    @cached_property
    def all(self) -> Mapping[str, Any]:
        """The names themselves: Jinja copies them, which one by one takes far longer."""
        return self._work_out()

    def __getitem__(self, key: str) -> Any:
        return self.all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)
