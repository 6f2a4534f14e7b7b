"""Make what is committed but derived, or check that it follows from its sources.

    python hooks/refresh.py [--check] [NAME ...]

Without a NAME all of it, in the order in which one follows from another; `locks` asks the package
index, `pictures` needs tmux. `--check` writes nothing but locks that no longer fit, and exits 1
when something is out of date. What a release derives is made by hooks/release.py.
"""

import argparse
import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: What should be in each file, None where there should be none.
Files = dict[Path, str | None]


def locks(check: bool) -> list[Path]:
    """requirements.lock, and the locks that ship with the template."""
    changed: list[Path] = importlib.import_module("hooks.lock").refresh(check)
    return changed


def kit() -> Files:
    """chutekit/MANIFEST.json: the package's version and the hash of each file."""
    files: Files = importlib.import_module("hooks.kit").files()
    return files


def tags() -> Files:
    """template/data/image_tags.yml: digests of what is in each container image."""
    files: Files = importlib.import_module("hooks.image_tags").files()
    return files


def checks() -> Files:
    """docs/checks: a page for each check of `chute-new check`, and their index."""
    folder = ROOT / "docs" / "checks"
    pages: dict[str, str] = importlib.import_module("scaffold.check.pages").pages()
    gone: Files = {path: None for path in folder.glob("*.md") if path.name not in pages}
    return gone | {folder / name: text for name, text in pages.items()}


def facts() -> Files:
    """docs/platform.md: the table docs/platform.yml in words."""
    module = importlib.import_module("hooks.platform_facts")
    return {module.PAGE: module.page(module.read(module.TABLE))}


def reference() -> Files:
    """docs/reference: every question, option, exit code and JSON document."""
    files: Files = importlib.import_module("hooks.reference").files()
    return files


def llms() -> Files:
    """docs/llms.txt: the pages there are, for programs that read texts."""
    files: Files = importlib.import_module("hooks.llms").files()
    return files


def help_text() -> Files:
    """scaffold/help.txt: what `chute-new --help` answers without importing typer."""
    done = subprocess.run(
        [sys.executable, "-m", "scaffold", "--debug", "--help"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        check=True,
        capture_output=True,
        text=True,
    )
    return {ROOT / "scaffold" / "help.txt": done.stdout}


def pictures() -> Files:
    """docs/pictures: the wizard's screens that the README shows."""
    files: Files = importlib.import_module("hooks.pictures").files()
    return files


#: One after the other: tags hold what is in locks and kit, llms lists the pages made before.
DERIVED: dict[str, Callable[[], Files] | None] = {
    "locks": None,
    "kit": kit,
    "tags": tags,
    "checks": checks,
    "facts": facts,
    "help": help_text,
    "reference": reference,
    "llms": llms,
    "pictures": pictures,
}


def differing(files: Files) -> list[Path]:
    """The files that do not hold what they should."""
    return [
        path
        for path, text in files.items()
        if (path.read_text(encoding="utf-8") if path.is_file() else None) != text
    ]


def refreshed(name: str, *, check: bool) -> list[Path]:
    """Make what has this name; the files that were out of date."""
    make = DERIVED[name]
    if make is None:
        return locks(check)
    files = make()
    stale = differing(files)
    for path in [] if check else stale:
        if (text := files[path]) is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return stale


def main(arguments: list[str] | None = None) -> int:
    """Make or check what is asked for; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 when something is out of date")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DERIVED))
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - DERIVED.keys():
        parser.error(
            f"nothing is named {', '.join(sorted(unknown))}; the names are {', '.join(DERIVED)}"
        )
    # The checkout's own modules, not those of an installed release.
    sys.path.insert(0, str(ROOT))
    from scaffold.errors import Stop

    status = 0
    for name in DERIVED:
        if options.names and name not in options.names:
            continue
        try:
            stale = refreshed(name, check=options.check)
        except Stop as stop:
            print(f"error: {name}: {stop.message}", file=sys.stderr)
            return stop.code
        for path in stale:
            print(f"{path.relative_to(ROOT)} {'is out of date' if options.check else 'changed'}")
        if stale and options.check:
            print(f"run: python hooks/refresh.py {name}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
