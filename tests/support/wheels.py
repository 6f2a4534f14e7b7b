"""Packages without content, for installers and resolvers that have no network."""

import hashlib
import zipfile
from pathlib import Path


def wheel(folder: Path, name: str, version: str, *needs: str) -> Path:
    """A package of a module that does nothing, and a program of that name that says it is there."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {each}" for each in needs)]
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"def main():\n    print({name!r}, {version!r})\n",
        f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", *about, ""]),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, text)
    return path


def lock(*wheels: Path) -> str:
    """The text of a lock with hashes that names exactly these."""
    lines = []
    for path in wheels:
        name, version, *_ = path.name.split("-")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} \\\n    --hash=sha256:{digest}\n")
    return "".join(lines)
