"""What the shell asks when Tab is pressed, and the line that makes it ask.

The shell runs `chute-new` once per key, so nothing but the command line's own declaration is
imported, except where the questions themselves are wanted.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

from scaffold.errors import BadUsage

_NO_SPACE = '[[ "${COMPREPLY[*]}" == *= ]] && compopt -o nospace 2>/dev/null'
VARIABLE = "_CHUTE_NEW_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
_LINES = {
    "bash": 'eval "$(chute-new --completion bash)"   # in ~/.bashrc',
    "zsh": 'eval "$(chute-new --completion zsh)"   # in ~/.zshrc, after compinit',
    "fish": "chute-new --completion fish | source   # in ~/.config/fish/config.fish",
}


def script(shell: str) -> str:
    """The code a shell evaluates, headed by the line that installs it for good."""
    from typer._completion_shared import get_completion_script

    if shell not in SHELLS:
        raise BadUsage(f"no completion for {shell}", hint=f"one of {', '.join(SHELLS)}")
    code = get_completion_script(prog_name="chute-new", complete_var=VARIABLE, shell=shell)
    # The value of a setting follows at once.
    code = (
        code.replace("    return 0\n", f"    {_NO_SPACE}\n    return 0\n")
        if shell == "bash"
        else code
    )
    header = f"# {_LINES[shell]}"
    # zsh looks for #compdef in the very first line of files it loads by itself.
    return f"{code}\n{header}" if shell == "zsh" else f"{header}\n{code}"


def prepare(with_command: Callable[[list[str]], list[str]]) -> None:
    """Make the environment and the imports ready for the answer to one Tab.

    `with_command` puts `create` where it was left out; the first word is left as it is, because it
    may become a command or a folder.
    """
    from typer._completion_classes import BashComplete, ZshComplete, completion_init

    completion_init()
    ZshComplete.complete = _without_space(ZshComplete.complete)  # type: ignore[method-assign, assignment]
    # Rich would be imported to strip its markup, of which there is none, from every help text.
    sys.modules["rich"] = None  # type: ignore[assignment]
    if "COMP_WORDS" in os.environ:
        split = os.environ["COMP_WORDS"].split("\n")
        words, position = _joined(split, int(os.environ.get("COMP_CWORD", len(split) - 1)))
        if "=" in "".join(words[position:]):
            # bash completes what stands behind the last of them.
            BashComplete.format_completion = _behind  # type: ignore[method-assign, assignment]
        longer = _completed(words, with_command)
        os.environ["COMP_WORDS"] = "\n".join(longer)
        os.environ["COMP_CWORD"] = str(position + len(longer) - len(words))
    elif line := os.environ.get("_TYPER_COMPLETE_ARGS"):
        os.environ["_TYPER_COMPLETE_ARGS"] = " ".join(_completed(line.split(" "), with_command))


def _completed(words: list[str], with_command: Callable[[list[str]], list[str]]) -> list[str]:
    program, *arguments = words
    if len(arguments) < 2 and not (arguments and arguments[0].startswith("-")):
        return words
    if len(arguments) == 1 and "--version".startswith(arguments[0]):
        return words
    return [program, *with_command(arguments)]


def _joined(words: list[str], position: int) -> tuple[list[str], int]:
    """The words as they were typed, which bash breaks at each `=`, and where the cursor is."""
    joined: list[str] = []
    for index, word in enumerate(words):
        if index and "=" in (word, words[index - 1]):
            joined[-1] += word
        else:
            joined.append(word)
        if index == position:
            position_now = len(joined) - 1
    return joined, position_now if position < len(words) else len(joined)


def _behind(shell: Any, item: Any) -> str:
    return str(item.value).rpartition("=")[2]


def _without_space(complete: Callable[[Any], str]) -> Callable[[Any], str]:
    """Of zsh, let no space follow what ends in `=`."""

    def completed(shell: Any) -> str:
        found = shell.get_completions(*shell.get_completion_args())
        if found and all(item.value.endswith("=") for item in found):
            return f"compadd -S '' -- {' '.join(item.value for item in found)}"
        return complete(shell)

    return completed


def values(*allowed: str) -> Callable[[str], list[str]]:
    """Completes to the values an option takes."""
    return lambda incomplete: [value for value in allowed if value.startswith(incomplete)]


def setting(incomplete: str) -> list[str]:
    """Completes `--set` to the names of answers, and those to what can be chosen."""
    from scaffold.answers.questions import Questionnaire

    questionnaire = Questionnaire()
    key, equals, start = incomplete.partition("=")
    if not equals:
        return values(*(f"{key}=" for key in questionnaire.keys))(incomplete)
    *before, _ = start.rpartition(",")
    found = [value for value in questionnaire.suggested(key) if value.startswith(start)] or [
        f"{''.join(before)}{value}"
        for value in questionnaire.suggested(key)
        if before[0] and f"{''.join(before)}{value}".startswith(start)
    ]
    return [f"{key}={value}" for value in found]
