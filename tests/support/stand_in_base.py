"""A base image for buildah made of this machine's own files: a shell, Python 3.12 and a user.

It stands in for parachutes/python, which no test can pull: the same user, group-writable
site-packages and `pip`, no CUDA and no compiler. netifaces, which the platform's installation adds
and which has no wheel, is there by name only.
"""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

NAME = "localhost/stand-in:1"
COMMANDS = ("sh", "env", "id", "install", "mkdir", "chmod", "rm")
# What wheels for Linux may expect of any system, besides what the programs themselves need.
LIBRARIES = (
    "libgcc_s.so.1",
    "libstdc++.so.6",
    "libnss_dns.so.2",
    "libnss_files.so.2",
    "librt.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "libutil.so.1",
)
LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "*.a", "*.exe", "test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3"
)
CHUTES = 1000


def python() -> Path | None:
    """The folder of a Python 3.12 with pip, if this machine has one."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [*versions.glob("3.12*/bin"), Path("/usr/local/bin"), Path("/opt/python3.12/bin")]
    for place in places:
        if (place / "python3.12").is_file() and list(
            place.parent.glob("lib/python3.12/site-packages/pip")
        ):
            return place.parent
    return None


def archive(prefix: Path, folder: Path) -> Path:
    """A tar file of the root folder, made in `folder`."""
    root = folder / "root"
    for name in ("tmp", "app", "etc", "root", "usr/local/bin", "usr/local/share/man", "usr/bin"):
        (root / name).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    (root / "bin").symlink_to("usr/bin")
    (root / "home/chutes").mkdir(parents=True)
    programs = [Path(shutil.which(name) or name).resolve() for name in COMMANDS]
    for name, program in zip(COMMANDS, programs, strict=True):
        shutil.copy2(program, root / "usr/bin" / name)
    interpreter = prefix / "bin" / "python3.12"
    shutil.copy2(interpreter, root / "usr/local/bin/python3.12")
    (root / "usr/local/bin/python").symlink_to("python3.12")
    library = root / "usr/local/lib/python3.12"
    shutil.copytree(
        prefix / "lib/python3.12",
        library,
        ignore=lambda folder, names: (
            {
                *LEFT_OUT(folder, names),
                *(set(names) - {"pip"} if folder.endswith("-packages") else ()),
            }
        ),
    )
    modules = (library / "lib-dynload").glob("*.so")
    for needed in _libraries([*programs, interpreter, *modules]):
        inside = needed if needed.is_relative_to("/lib64") else Path("/usr/lib", needed.name)
        target = root / inside.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(needed, target)
    (root / "lib").symlink_to("usr/lib")
    _settings(root)
    script = root / "usr/local/bin/pip"
    script.write_text(
        "#!/usr/local/bin/python3.12\nimport sys\nfrom pip._internal.cli.main import main\n"
        "sys.exit(main())\n"
    )
    script.chmod(0o755)
    absent = library / "site-packages/netifaces-0.11.0.dist-info"
    absent.mkdir()
    (absent / "METADATA").write_text("Metadata-Version: 2.1\nName: netifaces\nVersion: 0.11.0\n")
    (absent / "RECORD").write_text("")
    (absent / "INSTALLER").write_text("pip\n")
    return _packed(root, folder / "root.tar")


def _libraries(programs: list[Path]) -> set[Path]:
    found = set()
    for program in programs:
        told = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
        found |= {Path(path) for path in re.findall(r"(/\S+) \(0x", told.stdout)}
    cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True)
    for name in LIBRARIES:
        found |= {
            Path(path)
            for path in re.findall(rf"{re.escape(name)} .*x86-64.* => (\S+)", cache.stdout)[:1]
        }
    return found


def _settings(root: Path) -> None:
    (root / "etc/passwd").write_text(
        f"root:x:0:0::/root:/bin/sh\nchutes:x:{CHUTES}:{CHUTES}::/home/chutes:/bin/sh\n"
    )
    (root / "etc/group").write_text(f"root:x:0:chutes\nchutes:x:{CHUTES}:\n")
    for name in ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/nsswitch.conf"):
        if Path(name).is_file():
            target = root / name.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, target)


def _packed(root: Path, file: Path) -> Path:
    def owned(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        chutes = entry.name.startswith(("./app", "./home", "./usr/local"))
        entry.uid, entry.gid = (CHUTES, CHUTES) if chutes else (0, 0)
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(file, "w") as archive:
        archive.add(root, ".", filter=owned)
    return file
