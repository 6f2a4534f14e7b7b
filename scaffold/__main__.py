"""The entry point: the quick answers at once, else runs a command and turns errors into codes."""

import os
import sys
from itertools import pairwise

from scaffold import __version__

COMMANDS = ("create", "adopt", "check", "answers", "update", "plan", "pin", "doctor")
_OWN_OPTIONS = ("--help", "--completion")
_HELP_COLUMNS = 80


def main() -> None:
    """Run `chute-new` with the arguments of this process; never returns."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        print(__version__)
        sys.exit(0)
    if arguments == ["--help"] and _columns() >= _HELP_COLUMNS:
        _print_help()
        sys.exit(0)
    if "_CHUTE_NEW_COMPLETE" in os.environ:
        from scaffold import completion

        completion.prepare(_with_command)
    debug = "--debug" in arguments
    code = run([a for a in arguments if a != "--debug"], debug=debug)
    from scaffold.runtime import progress

    progress.emit("end", code=code)
    sys.exit(code)


def _columns() -> int:
    """The width typer would wrap for."""
    if (columns := os.environ.get("COLUMNS", "")).isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(1).columns or _HELP_COLUMNS
    except OSError:
        return _HELP_COLUMNS


def _print_help() -> None:
    """What typer would print for 80 columns; importing typer takes several times as long."""
    kept = __file__.removesuffix("__main__.py") + "help.txt"
    with open(kept, encoding="utf-8") as file:  # noqa: PTH123
        sys.stdout.write(file.read())


def run(arguments: list[str], *, debug: bool = False) -> int:
    """Run one command; returns its exit code."""
    from scaffold.runtime import interrupts, progress

    progress.on = _asks(arguments, "--progress", "json")
    interrupts.install()
    try:
        return _dispatch(_with_command(arguments))
    except (KeyboardInterrupt, EOFError):
        if debug:
            raise
        return _interrupted()
    except Exception as error:
        from scaffold import failure

        as_json = "--json" in arguments or _asks(arguments, "--format", "json")
        if debug:
            failure.document(error, as_json=as_json)
            raise
        # A module that was being imported may have made another error of the interrupt.
        if interrupts.received:
            return _interrupted()
        return failure.tell(failure.stop(error, arguments, COMMANDS), as_json=as_json)


def _interrupted() -> int:
    from scaffold.runtime import interrupts, report

    report.talk(f"\nInterrupted; {interrupts.outcome}.")
    return interrupts.EXIT_CODE


def _with_command(arguments: list[str]) -> list[str]:
    """`chute-new DEST` is `chute-new create DEST`, and so is `chute-new` alone."""
    first = next((a for a in arguments if not a.startswith("-") or a == "-"), None)
    if first in COMMANDS or "".join(arguments[:1]).partition("=")[0] in _OWN_OPTIONS:
        return arguments
    return ["create", *arguments]


def _dispatch(arguments: list[str]) -> int:
    if _is_plain(arguments):
        _create(*arguments[1:])
        return 0
    import typer

    from scaffold.cli import app
    from scaffold.runtime import interrupts

    command = typer.main.get_command(app)
    result = command.main(arguments, prog_name="chute-new", standalone_mode=False)
    if result == interrupts.EXIT_CODE:  # typer makes a status of a KeyboardInterrupt
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def _is_plain(arguments: list[str]) -> bool:
    """`create` with no option, and nobody who pressed Tab."""
    return (
        len(arguments) < 3
        and arguments[0] == "create"
        and not arguments[-1].startswith("-")
        and "_CHUTE_NEW_COMPLETE" not in os.environ
    )


def _create(destination: str | None = None) -> None:
    """`create` as typer would call it, whose import would put off the first question by a third."""
    from pathlib import Path

    from scaffold.creation import session, text
    from scaffold.creation.order import CreateOptions
    from scaffold.runtime import report

    result = session.run_create(
        None if destination is None else Path(destination),
        None,
        [],
        ask=True,
        with_habits=False,
        plain=False,
        options=CreateOptions(),
    )
    report.out(text.created(result, dry_run=False))


def _asks(arguments: list[str], option: str, value: str) -> bool:
    """Do the arguments give the option this value? Read here, since they may not parse."""
    return f"{option}={value}" in arguments or (option, value) in pairwise(arguments)


if __name__ == "__main__":
    main()
