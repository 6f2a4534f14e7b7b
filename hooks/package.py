"""Build what a release publishes: the wheel, the source archive, and a bill of their materials.

    python hooks/package.py FOLDER

Both archives are built twice, from two copies of the commit, and must come out the same to the
byte; their times are that of the commit. The bill of materials (CycloneDX) lists the packages a
user gets: the wheel installed by itself at the versions of requirements.lock.
"""

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from uv import find_uv_bin

from scaffold.git import Git

ROOT = Path(__file__).parent.parent


class NotReproducibleError(Exception):
    """Two builds of one commit differ; says in what."""


def build(folder: Path) -> list[Path]:
    """The archives of the last commit, as two builds agree on them."""
    git = Git(ROOT)
    epoch = git("log", "-1", "--format=%ct").strip()
    with tempfile.TemporaryDirectory() as scratch:
        first, second = (_once(Path(scratch) / name, epoch) for name in ("one", "another"))
        if differing := [
            name for name in sorted({*first, *second}) if first.get(name) != second.get(name)
        ]:
            raise NotReproducibleError(f"two builds differ in {', '.join(differing)}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in first.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in first]


def _once(folder: Path, epoch: str) -> dict[str, bytes]:
    """Content by name of the archives built from a fresh copy of the commit."""
    copy, output = folder / "source", folder / "built"
    archive = subprocess.run(
        ["git", "archive", "--format=tar", "HEAD"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(copy, filter="data")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", output, copy],
        env={**os.environ, "SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": "0"},
        check=True,
        capture_output=True,
    )
    return {path.name: path.read_bytes() for path in sorted(output.iterdir())}


def bill(wheel: Path) -> Path:
    """Write the bill of materials of a wheel beside it."""
    output = wheel.parent / f"{'-'.join(wheel.name.split('-')[:2])}.cdx.json"
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        uv = [find_uv_bin(), "--quiet"]
        subprocess.run([*uv, "venv", "--python", sys.executable, folder], check=True)
        subprocess.run(
            [
                *uv,
                "pip",
                "install",
                "--python",
                python,
                "--constraint",
                ROOT / "requirements.lock",
                wheel,
            ],
            check=True,
        )
        subprocess.run(
            [
                sys.executable,
                "-m",
                "cyclonedx_py",
                "environment",
                "--output-reproducible",
                "--short-PURLs",
                "--pyproject",
                ROOT / "pyproject.toml",
                "--output-file",
                output,
                python,
            ],
            check=True,
            capture_output=True,
        )
    return output


def main() -> int:
    """Build everything into a folder; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.absolute()
    try:
        built = build(folder)
    except NotReproducibleError as error:
        print(error, file=sys.stderr)
        return 1
    for path in [*built, *(bill(path) for path in built if path.suffix == ".whl")]:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
