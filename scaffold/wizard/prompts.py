"""Prompts of questionary with help around them, checked while typing, and with a way back.

Everything is shown on standard error, so that standard output holds results only. Texts are plain
ASCII: with any other encoding the library would print question marks.
"""

import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, cast

import questionary
from prompt_toolkit import print_formatted_text
from prompt_toolkit.application.current import create_app_session, get_app_session
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Point
from prompt_toolkit.filters import to_filter
from prompt_toolkit.formatted_text import AnyFormattedText, FormattedText
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import (
    FormattedTextControl,
    HSplit,
    Layout,
    ScrollOffsets,
    VerticalAlign,
    Window,
)
from prompt_toolkit.output import create_output
from prompt_toolkit.utils import is_dumb_terminal
from questionary.prompts.common import InquirerControl

from scaffold.answers.questions import Choice
from scaffold.wizard.console import BACK, CREATE, MENU, Answer, Check, Console, Frame, clip
from scaffold.wizard.plain import Plain

# Every colour has a contrast of at least 4.5 against black and against white (WCAG AA).
STYLE = questionary.Style(
    [
        ("qmark", "fg:#007fa8 bold"),
        ("question", "fg:#007fa8"),
        ("answer", "bold"),
        ("pointer", "fg:#007fa8 bold"),
        ("highlighted", "fg:#007fa8 bold"),
        ("selected", "bold"),
        ("disabled", "fg:#767676"),
        ("instruction", "fg:#767676"),
        ("search_success", "noinherit bold"),
        ("search_none", "noinherit fg:#e0303a bold"),
        ("title", "bold"),
        ("dim", "fg:#767676"),
        ("wrong", "fg:#e0303a bold"),
    ]
)
# Colours for source code, of which there is none, are half of what every prompt would parse.
_LOOK: dict[str, Any] = {"style": STYLE, "include_default_pygments_style": False}
# Lists longer than this are narrowed down by typing.
SHORT_LIST = 9
# How long a lone Escape waits to be told from the start of an arrow key, which sends it too.
ESCAPE_SECONDS = 0.1
# What stands before an entry of a list, at most, and how far the rest of a long one stands in.
_MARGIN = len(" > [x] ")
_INDENT = " " * 5

Value = TypeVar("Value")


@contextmanager
def console_on_terminal(*, plain: bool = False) -> Iterator[Console]:
    """Ask on standard error, or on standard output when only that is a terminal.

    In lines with `plain`, and where the terminal can do nothing else.
    """
    stream = sys.stdout if sys.stdout.isatty() and not sys.stderr.isatty() else sys.stderr
    with create_app_session(output=create_output(stdout=stream)):
        yield Plain(stream) if plain or is_dumb_terminal() else Screen()


def width() -> int:
    """Columns that can be written to without the terminal wrapping."""
    return max(get_app_session().output.get_size().columns - 1, 20)


def wrap(text: str, indent: str = "") -> list[str]:
    """Lines of `text` that fit the terminal."""
    return textwrap.wrap(
        text, width(), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


class Screen:
    """A console whose prompts are edited in place and leave one line each."""

    how = "Shift-Tab or Escape steps back, Ctrl-C ends it."
    spoken = False

    def __init__(self) -> None:
        self.rows = 0

    def say(self, text: str, style: str = "") -> None:
        """Print a paragraph."""
        for line in wrap(text):
            self._line([(style, line)])

    def answered(self, key: str, value: str) -> None:
        """One row for one answer."""
        named = f"  {key:<14} "
        shown = clip(value, max(width() - len(named), 3))
        self._line([("class:dim", named), ("class:answer", shown)])

    def take_back(self, rows: int) -> None:
        """Remove what was printed since there were `rows` rows."""
        output = get_app_session().output
        if count := self.rows - rows:
            output.cursor_up(count)
            output.erase_down()
            output.flush()
        self.rows = rows

    def _line(self, fragments: list[tuple[str, str]]) -> None:
        print_formatted_text(FormattedText(fragments), **_LOOK)
        self.rows += 1

    def text(self, frame: Frame, default: str, check: Check) -> str | Answer:
        """One line of text, refused with what `check` says about it."""
        question = questionary.text(frame.label, default=default, **_LOOK)
        buffer = question.application.current_buffer
        buffer.on_text_changed += _one_line
        keys = "Enter accepts"
        return _Prompt(
            question,
            frame,
            keys,
            lambda: buffer.text.strip(),
            check,
            untouched=default,
            ends_itself=True,
        ).ask()

    def one(
        self,
        frame: Frame,
        choices: Sequence[Choice],
        default: str | None,
        check: Check,
        other: str = "",
    ) -> str | Answer:
        """One of several; those with a reason are shown and cannot be taken.

        With `other`, the last line stands for what is typed.
        """
        long = bool(other) or len(choices) > SHORT_LIST
        question = questionary.select(
            frame.label,
            _listed(choices),
            default=_open(choices, [default]),
            pointer=">",
            instruction=" ",
            **_LOOK,
            use_search_filter=long,
            use_jk_keys=not long,
        )
        control = _corrected(question)
        control.other = other
        keys = "Arrows move, typing filters, Enter takes" if long else "Arrows move, Enter takes"
        return _Prompt(
            question,
            frame,
            keys,
            lambda: str(control.get_pointed_at().value),
            lambda value: control.missed or check(value),
            untouched=str(control.get_pointed_at().value),
            control=control if long else None,
        ).ask()

    def some(
        self, frame: Frame, choices: Sequence[Choice], chosen: Sequence[str], check: Check
    ) -> list[str] | Answer:
        """Any number of several; those with a reason are shown and cannot be marked."""
        long = len(choices) > SHORT_LIST
        question = questionary.checkbox(
            frame.label,
            _listed(choices, chosen),
            pointer=">",
            instruction=" ",
            **_LOOK,
            initial_choice=_open(choices, chosen),
            use_search_filter=long,
            use_jk_keys=not long,
        )
        control = _corrected(question)
        keys = "Space marks, Enter accepts what is marked"
        return _Prompt(
            question,
            frame,
            f"Arrows move, typing filters, {keys}" if long else f"Arrows move, {keys}",
            lambda: [choice.value for choice in control.get_selected_values() if choice.value],
            lambda value: control.missed or control.unmarked or check(value),
            control=control if long else None,
        ).ask()

    def review(self, frame: Frame, answers: Mapping[str, str], check: Check) -> str | Answer:
        """What to do next; which answer to change is another question."""
        return self.one(frame, MENU, CREATE, check)


def _listed(choices: Sequence[Choice], chosen: Sequence[str] = ()) -> list[questionary.Choice]:
    """What can be taken comes first; the library needs one such line at least."""
    open_ = [
        questionary.Choice(choice.title, choice.value, checked=choice.value in chosen)
        for choice in choices
        if not choice.reason
    ]
    closed = [questionary.Choice(c.title, c.value, c.reason) for c in choices if c.reason]
    return [*(open_ or [questionary.Choice("none of these", "")]), *closed]


def _open(choices: Sequence[Choice], wanted: Sequence[str | None]) -> str | None:
    return next((c.value for c in choices if c.value in wanted and not c.reason), None)


def _one_line(buffer: Buffer) -> None:
    """What was pasted in several lines, in one."""
    if "\n" in buffer.text or "\r" in buffer.text:
        buffer.text = " ".join(buffer.text.split())
        buffer.cursor_position = len(buffer.text)


class _Control(InquirerControl):
    """The library's list, whose filter would lead into disabled lines, or around them for ever.

    It would also show everything again when nothing matches, and then take what is first there.
    The choice `other` stands for what is typed, and is always there.
    """

    other = ""
    before: tuple[str, ...] | None = None

    @property
    def filtered_choices(self) -> list[questionary.Choice]:
        if not self.search_filter:
            return self.choices
        typed = self.search_filter
        found = [
            c
            for c in self.choices
            if c.value != self.other and not c.disabled and typed.lower() in str(c.title).lower()
        ]
        self.found_in_search = bool(found)
        if self.other:
            title = next(str(c.title) for c in self.choices if c.value == self.other)
            found.append(questionary.Choice(f'{title.split(":")[0]}: "{typed}"', typed))
        return found or [questionary.Choice("(nothing)", "")]

    @property
    def missed(self) -> str:
        """That the filter leaves nothing to take, if so."""
        if not self.search_filter or self.other or self._found:
            return ""
        return f'nothing has "{self.search_filter}" in it; Backspace takes letters back'

    @property
    def unmarked(self) -> str:
        """That what was typed is on the screen, but neither marked nor unmarked since, if so."""
        if not self.search_filter or self.before != tuple(self.selected_options):
            return ""
        if any(c.value in self.selected_options for c in self.filtered_choices):
            return ""
        return f"Space marks {self.get_pointed_at().value}; Enter then accepts what is marked"

    @property
    def _found(self) -> bool:
        return bool(self.filtered_choices) and self.found_in_search

    def is_selection_disabled(self) -> Any:
        return self.get_pointed_at().disabled

    def add_search_character(self, char: Any) -> None:
        super().add_search_character(char)
        self.before = tuple(self.selected_options)
        while self.is_selection_disabled():
            self.select_next()

    def paste(self, text: str) -> None:
        """Type a text at once, as far as it is one line."""
        for char in text.strip().split("\n")[0].strip():
            self.add_search_character(char)

    def _get_choice_tokens(self) -> list[tuple[str, str]]:
        marks = {"● ": "[x] ", "○ ": "[ ] "}
        tokens = super()._get_choice_tokens()  # type: ignore[no-untyped-call]
        return _broken([(style, marks.get(text, text)) for style, text in tokens])


def _broken(fragments: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Lists whose long lines go on below, indented, and break between words."""
    fitted: list[tuple[str, str]] = []
    line = ""
    for style, text in fragments:
        while len(line) + len(text) > width():
            fits = width() - len(line)
            at = _break(text, fits) or (fits if len(line) <= _MARGIN else 0)
            fitted += [(style, text[:at].rstrip()), ("", f"\n{_INDENT}")]
            line, text = _INDENT, text[at:].lstrip()
        fitted.append((style, text))
        line = "" if text == "\n" else line + text
    return fitted


def _break(text: str, fits: int) -> int:
    """Where to break so that the first part fits: after a space or, failing that, a part of a name.

    0 where no such place is.
    """
    spaces, joints = ([m.end() for m in re.finditer(p, text[: fits + 1])] for p in (r" +", r"[-/]"))
    return max(spaces, default=0) or max((at for at in joints if at <= fits), default=0)


def _corrected(question: questionary.Question) -> _Control:
    """The list of a prompt, its class replaced: the library offers no parameter for it."""
    window = next(
        window
        for window in question.application.layout.find_all_windows()
        if isinstance(window.content, InquirerControl)
    )
    window.wrap_lines = to_filter(True)
    window.scroll_offsets = ScrollOffsets(top=1, bottom=2)
    window.content.__class__ = _Control
    control = cast(_Control, window.content)
    control.text = cast(AnyFormattedText, control._get_choice_tokens)
    return control


class _Prompt(Generic[Value]):
    """A prompt between its help and its footer; `current` is what Enter would answer now.

    What is `untouched` is not checked before Enter. A prompt that `ends_itself` knows Ctrl-D.
    """

    def __init__(
        self,
        question: questionary.Question,
        frame: Frame,
        keys: str,
        current: Callable[[], Value],
        check: Check,
        untouched: Value | None = None,
        control: _Control | None = None,
        *,
        ends_itself: bool = False,
    ) -> None:
        self.question = question
        self.frame = frame
        self.keys = keys
        self.current = current
        self.check = check
        self.untouched = untouched
        self.control = control
        self.ends_itself = ends_itself
        self.tried = False
        self.top = 0
        self.pane = Window(
            FormattedTextControl(
                lambda: "\n".join(self._pane()), get_cursor_position=lambda: Point(x=0, y=self.top)
            ),
            get_vertical_scroll=lambda _: self.top,
            dont_extend_height=True,
            always_hide_cursor=True,
        )

    def ask(self) -> Value | Answer:
        """What was current at Enter, or BACK."""
        app = self.question.application
        app.layout = self._layout(app.layout)
        app.key_bindings = merge_key_bindings([app.key_bindings or KeyBindings(), self._bindings()])
        app.erase_when_done = True
        app.ttimeoutlen = app.timeoutlen = ESCAPE_SECONDS
        return cast(Value | Answer, self.question.unsafe_ask())

    def _layout(self, inner: Layout) -> Layout:
        for window in inner.find_all_windows():
            window.dont_extend_height = to_filter(True)
        header, footer = (
            Window(FormattedTextControl(text), dont_extend_height=True)
            for text in (self._header, self._footer)
        )
        parts = [*([self.pane] if self.frame.pane else []), header, inner.container, footer]
        return Layout(HSplit(parts, align=VerticalAlign.TOP), focused_element=inner.current_window)

    def _pane(self) -> Sequence[str]:
        return self.frame.pane() if self.frame.pane else ()

    def _header(self) -> FormattedText:
        notes = "".join(f"\n{line}" for note in self.frame.notes for line in wrap(note))
        title = "\n".join(["", *wrap(self.frame.title)])
        return FormattedText([("class:title", title), ("class:dim", notes)])

    def _footer(self) -> FormattedText:
        if message := self._wrong():
            return FormattedText([("class:wrong", "\n".join(wrap(message)))])
        scroll = ["Page Down shows the rest"] if self.frame.pane else []
        keys = ", ".join([self.keys, *scroll, "Shift-Tab steps back"])
        return FormattedText([("class:dim", "\n".join(wrap(keys)))])

    def _wrong(self) -> str:
        """Not before something was typed: an empty line is no mistake yet."""
        value = self.current()
        return self.check(value) if self.tried or value != self.untouched else ""

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        bindings.add("enter", eager=True)(self._accept)
        bindings.add("s-tab", eager=True)(lambda event: event.app.exit(result=BACK))
        bindings.add("escape")(lambda event: event.app.exit(result=BACK))
        bindings.add("<sigint>", eager=True)(
            lambda event: event.app.exit(exception=KeyboardInterrupt)
        )
        if control := self.control:
            bindings.add(Keys.BracketedPaste, eager=True)(lambda event: control.paste(event.data))
        bindings.add("pageup", eager=True)(lambda event: self._scroll(-1))
        bindings.add("pagedown", eager=True)(lambda event: self._scroll(1))
        # The library inverts a selection on Tab, and a list has no end of file of its own.
        bindings.add("tab", eager=True)(lambda event: None)
        if not self.ends_itself:
            bindings.add("c-d", eager=True)(lambda event: event.app.exit(exception=EOFError))
        return bindings

    def _accept(self, event: KeyPressEvent) -> None:
        self.tried = True
        if not self._wrong():
            event.app.exit(result=self.current())

    def _scroll(self, pages: int) -> None:
        page = self.pane.render_info.window_height if self.pane.render_info else 1
        self.top = max(min(self.top + pages * page, len(self._pane()) - page), 0)
