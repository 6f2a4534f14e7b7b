"""IM: what becomes of an Image when it is built and started."""

import ast
import fnmatch
import re
from collections.abc import Iterator

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.declared import Directive, Image, at, unsure
from scaffold.check.model import Answer, Edit, Severity
from scaffold.check.module import home
from scaffold.check.repository import Repository

# Methods people expect, with what there is instead; those with the same arguments can be renamed.
RENAMED = {
    "with_workdir": "set_workdir",
    "set_working_directory": "set_workdir",
    "workdir": "set_workdir",
    "with_user": "set_user",
    "user": "set_user",
    "set_environment_variable": "with_env",
    "set_env": "with_env",
    "env": "with_env",
    "run": "run_command",
    "run_commands": "run_command",
}
INSTEAD = {
    "pip_install": 'run_command("pip install ...")',
    "copy": "add(source, dest)",
    "copy_file": "add(source, dest)",
    "copy_files": "add(source, dest)",
    "add_local_file": "add(source, dest)",
    "add_local_dir": "add(source, dest)",
    "with_label": "nothing",
    "with_arg": "nothing",
    "expose_port": "nothing: ports are not chosen",
    "expose": "nothing: ports are not chosen",
    "healthcheck": "a cord at /health",
    "with_healthcheck": "a cord at /health",
    "entrypoint": "nothing: the pod sets the command",
    "cmd": "nothing: the pod sets the command",
    "from_dockerfile": "the methods of Image",
}
_INSTALLS = re.compile(r"(?<!\S)(?:[^\s-]\S*)?\bapt(-get)?\s+(-\S+\s+)*install\b")
_REMOVES_CURL = re.compile(r"\b(remove|purge)\b(?:(?!\b(?:remove|purge)\b)[^&;|])*\bcurl\b")
_APT = re.compile(r"^[a-zA-Z0-9_:\*-]+$")
_ENV_KEY = re.compile(r"^[a-z_][a-z0-9_]*$", re.I)
_PODS = re.compile(r"^(HF_HOME|CIVITAI_HOME|NCCL_\w+|CHUTES_\w+|NVIDIA_VISIBLE_DEVICES)$")


@check(
    "IM101",
    "Image has no such method",
    Severity.BREAKS,
    each="image",
    why="Image has eleven methods: "
    + ", ".join(sdk.IMAGE_METHODS)
    + ". Others are an AttributeError "
    "at import; the documentation uses several that never existed.",
    fix="Use the method that the message names.",
    before='image.pip_install(["torch"]).with_workdir("/app")',
    after='image.run_command("pip install torch==2.8.0").set_workdir("/app")',
)
def methods(image: Image) -> Iterator[Answer]:
    """Method calls outside of the list."""
    for call in image.directives:
        if call.method not in sdk.IMAGE_METHODS:
            instead = RENAMED.get(call.method) or INSTEAD.get(call.method, "nothing")
            yield at(call.call, f"Image has no {call.method}; instead: {instead}", *_renamed(call))


def _renamed(call: Directive) -> Iterator[Edit]:
    function = call.call.func
    if call.method in RENAMED and isinstance(function, ast.Attribute):
        _, end = home(function).span(function)
        yield Edit(end - len(call.method), end, RENAMED[call.method])


@check(
    "IM102",
    "Image takes four arguments",
    Severity.BREAKS,
    each="image",
    why="""Image(username, name, tag, readme=""): another keyword, or a missing one of the
    first three, is a TypeError at import.""",
    fix="The base goes into from_base, Python is the base's.",
    before='Image(username="alice", name="sdxl", tag="1.0", python_version="3.11")',
    after='Image(username="alice", name="sdxl", tag="1.0").from_base("parachutes/python:3.12.9")',
)
def arguments(image: Image) -> Iterator[Answer]:
    """Unknown and missing arguments."""
    for name, keyword in image.arguments.keywords.items():
        if name not in sdk.IMAGE:
            yield at(keyword, f"Image has no argument {name}")
    missing = [name for name in sdk.IMAGE[:3] if not image.value(name).given]
    if missing:
        yield at(image.node, f"Image needs {', '.join(missing)}")


@check(
    "IM103",
    "A command over several lines",
    Severity.BREAKS,
    each="image",
    why="""The text is written behind RUN as it is. A line break without a backslash in front
    ends the instruction: an empty RUN, then lines that are no Dockerfile. The build fails, and
    the command still exits with 0.""",
    fix="""Join the commands with && and end each line with a backslash, or call run_command
    for each.""",
    before='image.run_command("""\n    apt-get update\n    apt-get install -y git\n""")',
    after='image.run_command("apt-get update && apt-get install -y git")',
)
def several_lines(image: Image) -> Iterator[Answer]:
    """Line breaks that no backslash escapes; heredocs are left alone."""
    for call, value in image.commands:
        if value.known and isinstance(value.value, str) and "<<" not in value.value:
            lines = value.value.split("\n")
            broken = any(not line.rstrip(" \t").endswith("\\") for line in lines[:-1])
            if len(lines) > 1 and broken and value.value.rstrip("\n") != value.value.strip():
                yield at(call.call, "the instruction is empty: its text starts with a line break")
            elif len(lines) > 1 and broken and "\n" in value.value.rstrip():
                yield at(call.call, "the second line is no Dockerfile instruction")


@check(
    "IM104",
    "apt_install refuses this name",
    Severity.BREAKS,
    each="image",
    why="""Names may hold letters, digits, _ : * and -. Versions (=), dots and plus signs are
    refused with an exception: python3.11 and libstdc++6 cannot be installed this way.""",
    fix='run_command("apt-get update && apt-get install -y libstdc++6")',
    before='image.apt_install("libstdc++6")',
    after='image.run_command("apt-get update && apt-get install -y libstdc++6")',
)
def apt_names(image: Image) -> Iterator[Answer]:
    """Names that can be seen."""
    for call in image.of("apt_install", "apt_remove"):
        value = call.value("package")
        if value.known:
            names = value.value if isinstance(value.value, list | tuple) else [value.value]
            for name in names:
                if isinstance(name, str) and not _APT.fullmatch(name):
                    yield at(call.call, f"{name!r} is refused")
                    break


@check(
    "IM110",
    "curl is removed",
    Severity.BREAKS,
    each="image",
    why="""The pod's readiness probe runs curl inside the container: without it the instance is
    never ready.""",
    fix="Leave curl in the image.",
    before='image.run_command("apt-get remove -y curl wget")',
    after='image.run_command("apt-get remove -y build-essential")',
)
def no_curl(image: Image) -> Iterator[Answer]:
    """apt remove and purge of curl."""
    for call, value in image.commands:
        if value.known and _REMOVES_CURL.search(str(value.value)):
            yield at(call.call, "the readiness probe needs curl")
    for call in image.of("apt_remove"):
        if "curl" in str(call.value("package").value):
            yield at(call.call, "the readiness probe needs curl")


@check(
    "IM111",
    "The entry point is never used",
    Severity.WEAKENS,
    each="image",
    why="""The pod sets its own command: ENTRYPOINT is ignored, and what it would do never
    happens. More than one argument is a TypeError.""",
    fix="Do it in a startup hook.",
    before='image.with_entrypoint(["/app/load-secrets.sh"])',
    after="@chute.on_startup()\nasync def load(self): ...",
)
def entrypoint(image: Image) -> Iterator[Answer]:
    """Any use."""
    for call in image.of("with_entrypoint"):
        yield at(call.call, "the pod sets another command")


@check(
    "IM112",
    "add() refuses this checksum or mode",
    Severity.BREAKS,
    each="image",
    why="""The SDK's expression for checksum holds an impossible class and refuses real sha256
    values; chmod must be three digits.""",
    fix="Leave checksum out and verify with sha256sum in a run_command.",
    before='image.add("model.bin", "/app/", checksum="sha256:9f86d0...")',
    after='image.add("model.bin", "/app/").run_command("echo \'9f86d0...  /app/model.bin\' | '
    'sha256sum -c")',
)
def checksum(image: Image) -> Iterator[Answer]:
    """checksum=, and modes of other lengths."""
    for call in image.of("add"):
        if "checksum" in call.arguments:
            yield at(call.call, "checksum= raises AssertionError for real values")
        mode = call.value("chmod")
        if mode.known and mode.value is not None and not re.fullmatch(r"[0-7]{3}", str(mode.value)):
            yield at(call.call, f"chmod {mode.value!r} is not three digits")


@check(
    "IM114",
    "The value of an ENV line is broken",
    Severity.BREAKS,
    each="image",
    why="""with_env does not quote: a value with a space makes a line that Dockerfile parsers
    refuse, or several variables. Names may hold letters, digits and underscores.""",
    fix="Quote it inside: with_env('X', '\"a b\"'), or set it in Python.",
    before='image.with_env("VLLM_ARGS", "--max-len 4096")',
    after='image.with_env("VLLM_ARGS", \'"--max-len 4096"\')',
)
def env_value(image: Image) -> Iterator[Answer]:
    """White space in values that are not quoted; keys that the SDK refuses."""
    for call in image.of("with_env"):
        key, value = call.value("key"), call.value("value")
        text = str(value.value)
        if value.known and re.search(r"\s", text) and not re.fullmatch(r"(['\"]).*\1", text, re.S):
            yield at(call.call, f"the value of {key.value} holds white space")
        elif key.known and not _ENV_KEY.fullmatch(str(key.value)):
            yield at(call.call, f"{key.value!r} is no name of a variable")


@check(
    "IM115",
    "The instance refuses to start with this variable",
    Severity.BREAKS,
    each="image",
    why="""At start-up the SDK ends the process (exit 137) when a proxy variable is set or
    LD_PRELOAD is not the platform's library.""",
    fix="Remove it.",
    before='image.with_env("HTTPS_PROXY", "http://proxy:3128")',
    after="# no proxy: the platform opens the network during start-up",
)
def forbidden(image: Image) -> Iterator[Answer]:
    """http_proxy, https_proxy and LD_PRELOAD."""
    for call in image.of("with_env"):
        key = str(call.value("key").value)
        if key.lower() in ("http_proxy", "https_proxy", "all_proxy") or key == "LD_PRELOAD":
            yield at(call.call, f"{key} ends the process at start-up")


@check(
    "IM116",
    "The pod sets this variable itself",
    Severity.WEAKENS,
    each="image",
    why="Variables of the pod win over those of the image: this line changes nothing.",
    fix="Remove it, or set it in the startup hook with os.environ.",
    before='image.with_env("NCCL_P2P_DISABLE", "0")',
    after='os.environ["NCCL_P2P_DISABLE"] = "0"  # in a startup hook',
)
def overridden(image: Image) -> Iterator[Answer]:
    """HF_HOME, NCCL_*, CHUTES_* and the like; model caches elsewhere have a check of their own."""
    for call in image.of("with_env"):
        key, value = str(call.value("key").value), call.value("value")
        if _PODS.fullmatch(key) and (key != "HF_HOME" or str(value.value).startswith("/cache")):
            yield at(call.call, f"the pod sets {key}")


@check(
    "IM117",
    "A file that is added is not there",
    Severity.BREAKS,
    each="image",
    why="""add() of a source that does not exist raises AssertionError at import, in build and
    deploy.""",
    fix="Correct the path; it is relative to where the command is run.",
    before='image.add("model/config.json", "/app/")  # there is no such file',
    after='image.add("models/config.json", "/app/")',
)
def not_there(repository: Repository, image: Image) -> Iterator[Answer]:
    """Plain paths and patterns that match nothing in the repository."""
    names = repository.tree.names
    for call in image.of("add"):
        value = call.value("source")
        if not value.known or not isinstance(value.value, str):
            continue
        source = value.value.removeprefix("./").rstrip("/")
        if not source or source in (".", "*", "**") or source.startswith(("/", "..", "http", "~")):
            continue
        if repository.single:
            if not repository.tree.beside(source):
                yield at(call.call, f"{value.value} is not beside this file, nor above it")
        elif not any(
            n == source
            or n.startswith(f"{source}/")
            or fnmatch.fnmatch(n, source)
            or n.endswith(f"/{source}")
            for n in names
        ):
            yield at(call.call, f"{value.value} is not in this folder")


@check(
    "IM118",
    "apt-get asks, and nobody answers",
    Severity.BREAKS,
    each="image",
    why="Without -y apt-get install asks whether to continue and ends when no answer comes.",
    fix="apt-get install -y ...",
    before='image.run_command("apt-get update && apt-get install ffmpeg")',
    after='image.run_command("apt-get update && apt-get install -y ffmpeg")',
)
def asks(image: Image) -> Iterator[Answer]:
    """install without -y, -qq or DEBIAN_FRONTEND's relatives on the line."""
    for call, value in image.commands:
        for part in re.split(r"&&|;|\n", str(value.value) if value.known else ""):
            if _INSTALLS.search(part) and not re.search(
                r"\s(-\w*y\w*|--yes|--assume-yes|-qq)\b", part
            ):
                yield at(call.call, "apt-get install waits for an answer")


@check(
    "IM119",
    "The image has no readme",
    Severity.REFUSED,
    each="image",
    why="""`chutes build` sends the image's readme as a field of a form. Since FastAPI 0.124, which
    the API runs, an empty field is a missing one: the build is answered 422, "body.readme: Field
    required". The SDK's default is empty.""",
    fix="Pass readme= with a sentence about the image.",
    before='Image(username="alice", name="sdxl", tag="1.0")',
    after='Image(username="alice", name="sdxl", tag="1.0", readme="Pictures from SDXL")',
)
def no_readme(image: Image) -> Iterator[Answer]:
    """Left out, None or empty, unless the attribute is assigned afterwards."""
    value = image.value("readme")
    if any(
        node.attr == "readme" and isinstance(node.ctx, ast.Store)
        for node in home(image.node).of(ast.Attribute)
    ):
        return
    if value.known and not value.value:
        yield at(value.node, "the readme is empty: the build is answered 422")
    elif not value.given:
        yield at(image.node, "without a readme the build is answered 422")
    elif not value.known:
        yield unsure(value.node, f"the readme cannot be seen: {value.why}")
