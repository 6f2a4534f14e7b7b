"""IM: what an image starts from, and who it is built as."""

import ast
import re
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.declared import Directive, Image, at, unsure
from scaffold.check.model import Answer, Severity

_FOREIGN = (
    "nvidia/cuda",
    "python:",
    "ubuntu",
    "debian",
    "pytorch/",
    "alpine",
    "vllm/",
    "lmsysorg/",
    "huggingface/",
    "rocm/",
    "continuumio/",
    "mambaorg/",
    "node:",
    "docker.io/",
)


@check(
    "IM105",
    "Packages are installed without being root",
    Severity.BREAKS,
    each="image",
    why="""The platform's bases run as a user without rights, and apt_install switches to nobody and
    updates no package lists: the build fails.""",
    fix='.set_user("root").run_command("apt-get update").apt_install(...).set_user("chutes")',
    before='image.from_base("parachutes/python:3.12.9").apt_install("ffmpeg")',
    after='image.set_user("root").run_command("apt-get update").apt_install("ffmpeg")'
    '.set_user("chutes")',
)
def not_root(image: Image) -> Iterator[Answer]:
    """apt and apt-get while no set_user("root") is in force; foreign bases start as root."""
    base = image.base
    if base is not None and (not base.known or not _platform(str(base.value))):
        return
    root = False
    for call in image.directives:
        if call.method == "set_user":
            value = call.value("user")
            root = not value.known or value.value in ("root", "0")
        elif not root and _needs_root(call):
            yield at(call.call, "the base's user may not install packages")
            return


def _platform(base: str) -> bool:
    return base.startswith(("parachutes/", "chutes/"))


def _needs_root(call: Directive) -> bool:
    if call.method in ("apt_install", "apt_remove", "with_python"):
        return True
    value = call.value("command") if call.method == "run_command" else None
    text = value.value if value is not None and value.known else ""
    return bool(re.match(r"^\s*(apt-get|apt)\s+(-\S+\s+)*(install|update|remove)", str(text)))


@check(
    "IM106",
    "The image ends as root",
    Severity.WEAKENS,
    each="image",
    why="""What the platform appends runs under the user in force (or as chutes, who then
    cannot write what root owns), and pods run as uid 1000.""",
    fix='End with .set_user("chutes").',
    before='image.set_user("root").apt_install("ffmpeg")',
    after='image.set_user("root").apt_install("ffmpeg").set_user("chutes")',
)
def ends_as_root(image: Image) -> Iterator[Answer]:
    """The last set_user is root."""
    users = image.of("set_user")
    if users and users[-1].value("user").value in ("root", "0"):
        yield at(users[-1].call, "no set_user follows")


@check(
    "IM107",
    "with_python leaves no python",
    Severity.BREAKS,
    each="image",
    why="""It compiles a Python into /opt/python without putting it on PATH: pip and python are
    not found, by your commands nor by the platform's. A version of two parts does not even
    download.""",
    fix="Leave with_python out, and use a base that has the Python: parachutes/python:3.12.9.",
    before='image.from_base("ubuntu:22.04").with_python("3.11")',
    after='image.from_base("parachutes/python:3.12.9")',
)
def with_python(image: Image) -> Iterator[Answer]:
    """Any use, unless the image sets PATH; versions of two parts in any case."""
    path = any(call.value("key").value == "PATH" for call in image.of("with_env"))
    for call in image.of("with_python"):
        value = call.value("version")
        short = value.known and re.fullmatch(r"\d+\.\d+", str(value.value))
        if short:
            yield at(call.call, f"Python {value.value} is no release; they have three numbers")
        elif not path:
            yield at(call.call, "this Python is not on PATH")


@check(
    "IM108",
    "No such tag of nvidia/cuda",
    Severity.BREAKS,
    each="image",
    why="NVIDIA publishes these images under three-part versions only: 12.8.1, not 12.8.",
    fix="Name the patch version; or use the platform's base, which has CUDA.",
    before='image.from_base("nvidia/cuda:12.2-devel-ubuntu22.04")',
    after='image.from_base("nvidia/cuda:12.8.1-devel-ubuntu22.04")',
)
def cuda_tag(image: Image) -> Iterator[Answer]:
    """Two-part versions."""
    base = image.base
    if base is not None and base.known and re.match(r"^nvidia/cuda:\d+\.\d+-", str(base.value)):
        yield at(base.node, f"{base.value} does not exist")


@check(
    "IM109",
    "The base is not made for the platform",
    Severity.BREAKS,
    each="image",
    why="""The platform's last build stage switches to the user chutes and uses python, pip,
    uv, curl and /usr/local/share/man; start-up needs OpenCL and OpenMPI. On another base your
    own commands succeed and that stage fails.""",
    fix="""from_base('parachutes/python:3.12.9'), with set_user('root') before apt-get and
    set_user('chutes') after it, for that base's user is chutes.""",
    before='image.from_base("python:3.11-slim")',
    after='image.from_base("parachutes/python:3.12.9")',
)
def foreign(image: Image) -> Iterator[Answer]:
    """Well-known foreign bases whose image makes no user chutes."""
    base = image.base
    if base is None or not base.known or not str(base.value).startswith(_FOREIGN):
        return
    text = " ".join(ast.unparse(call.call) for call in image.directives)
    if ("useradd" in text or "adduser" in text) and "chutes" in text:
        yield unsure(base.node, "whether the image makes all the platform needs is not checked")
        return
    yield at(base.node, f"{base.value} has no user chutes")


@check(
    "IM113",
    "This pip command does not exist in the base",
    Severity.BREAKS,
    each="image",
    why="pip in the platform's base is a shim over `uv pip`, which has no cache and no config "
    "sub-command.",
    fix="Leave it out: caches are disabled with PIP_NO_CACHE_DIR and UV_NO_CACHE.",
    before='image.run_command("pip install torch==2.8.0 && pip cache purge")',
    after='image.with_env("UV_NO_CACHE", "1").run_command("pip install torch==2.8.0")',
)
def pip_shim(image: Image) -> Iterator[Answer]:
    """pip cache, config, download, wheel and hash on the platform's bases."""
    base = image.base
    if base is not None and not (base.known and _platform(str(base.value))):
        return
    for call, value in image.commands:
        match = re.search(r"(?<!uv )\bpip3? (cache|config|download|wheel|hash)\b", str(value.value))
        if value.known and match:
            yield at(call.call, f"pip {match[1]} is not there")
