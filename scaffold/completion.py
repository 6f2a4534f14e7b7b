"""What the shell asks when Tab is pressed, and the line that makes it ask.

The shell runs `chute-new` once per key, so nothing but the command line's own declaration is
imported, except where the questions themselves are wanted.
"""

import os
import sys
from collections.abc import Callable

from scaffold.errors import BadUsage

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
    header = f"# {_LINES[shell]}"
    # zsh looks for #compdef in the very first line of files it loads by itself.
    return f"{code}\n{header}" if shell == "zsh" else f"{header}\n{code}"


def prepare(with_command: Callable[[list[str]], list[str]]) -> None:
    """Make the environment and the imports ready for the answer to one Tab.

    `with_command` puts `create` where it was left out; the first word is left as it is, because it
    may become a command or a folder.
    """
    from typer._completion_classes import completion_init

    completion_init()
    # Rich would be imported to strip its markup, of which there is none, from every help text.
    sys.modules["rich"] = None  # type: ignore[assignment]
    if "COMP_WORDS" in os.environ:
        words = os.environ["COMP_WORDS"].split("\n")
        longer = _completed(words, with_command)
        os.environ["COMP_WORDS"] = "\n".join(longer)
        position = int(os.environ.get("COMP_CWORD", len(words) - 1))
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


def values(*allowed: str) -> Callable[[str], list[str]]:
    """Completes to the values an option takes."""
    return lambda incomplete: [value for value in allowed if value.startswith(incomplete)]


def setting(incomplete: str) -> list[str]:
    """Completes `--set` to the names of answers."""
    from scaffold.answers.questions import Questionnaire

    return values(*(f"{key}=" for key in Questionnaire().keys))(incomplete)
