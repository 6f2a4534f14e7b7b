"""PI: what is installed and loaded, to the version."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.clones import clones
from scaffold.check.declared import Directive, Image, at, unsure
from scaffold.check.eligible import may_run_on
from scaffold.check.model import Answer, Edit, Place, Severity
from scaffold.check.module import home
from scaffold.check.repository import Repository

#: Options of `pip install` that take a word.
VALUED = {
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "-t",
    "--target",
    "--torch-backend",
    "--python",
    "--prefix",
    "--root",
    "--no-binary",
    "--only-binary",
    "--platform",
    "--python-version",
    "--cache-dir",
    "--timeout",
    "--retries",
    "--config-settings",
    "--build-option",
    "--global-option",
    "-e",
    "--editable",
}
_REDIRECT = re.compile(r"(?<![\w.\-\[\]])[A-Za-z0-9][\w.\-\[\]]*[<>]=?=?\d[\w.,<>=!]*")
_INSTALL = re.compile(r"\b(?:uv\s+)?pip3?(?:\.\d+)?\s+install\b(.*)", re.S)
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?\s*(.*)$")
# From here on torch, and what pins it, has kernels for the only GPU ordinary accounts can deploy
# (sm_120): vllm 0.8.5 needs torch 2.6.0, 0.9.0 torch 2.7.0.
FIRST = {"torch": (2, 7), "vllm": (0, 9)}
FIRST_CUDA = (12, 8)


def installed(command: str) -> Iterator[str]:
    """The packages that `pip install` is given in a shell command."""
    plain = re.sub(r"\\\s*\n", " ", command)
    for part in re.split(r"&&|;|\|\||\n", plain):
        match = _INSTALL.search(part)
        if match is None:
            continue
        skip = False
        for word in match[1].split():
            if skip:
                skip = False
            elif word in VALUED:
                skip = True
            elif not word.startswith("-"):
                yield word.strip("'\"")


def _pinned(requirement: str) -> bool:
    if "/" in requirement or requirement.startswith(".") or requirement.endswith(".whl"):
        return True
    if "@" in requirement or "$" in requirement or "{" in requirement:
        return True
    return "==" in requirement and not re.search(r"==[^,]*\*", requirement)


@check(
    "PI101",
    "A package is installed without a version",
    Severity.WEAKENS,
    each="image",
    why="""The image that is built tomorrow is another one, under the same tag if nobody changes it.
    What worked in staging is not what is built again.""",
    fix="name==version for each, or a lock file with hashes that the image adds.",
    before='image.run_command("pip install torch diffusers")',
    after='image.run_command("pip install torch==2.8.0 diffusers==0.35.1")',
)
def unpinned(image: Image) -> Iterator[Answer]:
    """Words after pip install without ==; files, paths, URLs and local wheels are left alone."""
    for call, value in image.commands:
        if not value.known:
            if "install" in ast.unparse(call.call):
                yield unsure(call.call, f"what is installed cannot be seen: {value.why}")
            continue
        loose = [word for word in installed(str(value.value)) if not _pinned(word)]
        # The platform installs its own chutes last, whatever is asked for here.
        loose = [word for word in loose if not re.match(r"chutes\b(?!-)", word)]
        if loose:
            yield at(call.call, f"no exact version: {', '.join(loose[:8])}")


@check(
    "PI102",
    "The shell takes >= for a redirect",
    Severity.BREAKS,
    each="image",
    why="""Unquoted, `pip install torch>=2.0` installs any torch and writes the output to a
    file called `=2.0`. Nothing fails.""",
    fix="Quote it, or better pin it with ==.",
    before='image.run_command("pip install torch>=2.0")',
    after="image.run_command(\"pip install 'torch>=2.0'\")",
)
def redirect(image: Image) -> Iterator[Answer]:
    """name>=version and name<version outside of quotes in a command that installs."""
    for call, text in image.spoken:
        if "pip" not in text or "install" not in text:
            continue
        bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
        for match in _REDIRECT.finditer(bare):
            yield at(call.call, f"{match[0]} is a redirect", *_quoted(call, match[0]))


def _quoted(call: Directive, word: str) -> Iterator[Edit]:
    for node in ast.walk(call.call):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and word in node.value:
            module = home(node)
            source, (start, end) = module.source(node), module.span(node)
            quote = "'" if source.lstrip("rbuRBU").startswith('"') else '"'
            if source.count(word) == 1 and quote not in word:
                yield Edit(start, end, source.replace(word, f"{quote}{word}{quote}"))
            return


@check(
    "PI103",
    "The base image moves",
    Severity.WEAKENS,
    each="image",
    why="""Without a tag, and with tags such as latest, each build starts from whatever was
    pushed last.""",
    fix="Name a version, and with `chute-new pin` its digest.",
    before='image.from_base("parachutes/python")',
    after='image.from_base("parachutes/python:3.12.9@sha256:...")',
)
def moving_base(image: Image) -> Iterator[Answer]:
    """No tag, or one of the tags that are meant to move."""
    value = image.base
    if value is None:
        return
    if not value.known:
        yield unsure(value.node, f"the base image cannot be seen: {value.why}")
    elif "@sha256:" not in str(value.value):
        _, _, tag = str(value.value).rpartition("/")[2].partition(":")
        if not tag or tag in ("latest", "nightly", "main", "master", "dev", "edge", "stable"):
            yield at(value.node, f"{value.value} is another image tomorrow")


@check(
    "PI104",
    "The base image is pinned by tag only",
    Severity.ADVICE,
    each="image",
    why="""A tag can be pushed again. No digest of the platform's images is published, so it
    has to be looked up where the registry can be reached; until then this is a warning and
    fails nothing.""",
    fix="`chute-new pin` adds the digest; `docker buildx imagetools inspect` shows it.",
    before='image.from_base("parachutes/python:3.12.9")',
    after='image.from_base("parachutes/python:3.12.9@sha256:...")',
)
def by_tag(image: Image) -> Iterator[Answer]:
    """A tag that does not move on purpose, without a digest; also the SDK's default base."""
    value = image.base
    if value is None:
        yield at(image.node, "the SDK's default base parachutes/python:3.12 has no digest")
    elif value.known and "@sha256:" not in str(value.value):
        yield at(value.node, f"{value.value} is pinned by tag only; `chute-new pin` adds a digest")


@check(
    "PI107",
    "requirements.txt has no exact versions",
    Severity.WEAKENS,
    why="The image installs it, and what it installs changes from day to day.",
    fix="Lock it: `uv pip compile --generate-hashes requirements.in -o requirements.txt`.",
    before="torch>=2.7\ndiffusers",
    after="torch==2.8.0\ndiffusers==0.35.1",
)
def loose_requirements(repository: Repository) -> Iterator[Answer]:
    """Requirement files that an image's command installs."""
    for name in sorted(_installed_files(repository)):
        text = repository.tree.text(name) or ""
        loose = []
        for number, line in enumerate(text.splitlines(), start=1):
            match = _REQUIREMENT.match(line.split("#")[0].strip())
            if match and not _pinned(f"{match[1]}{match[3]}".split(";")[0]):
                loose.append((number, match[1]))
        if loose:
            names = ", ".join(package for _, package in loose[:8])
            yield Place(name, loose[0][0], f"no exact version: {names}")


def _installed_files(repository: Repository) -> set[str]:
    """The repository's files that `pip install -r` names, by their last part."""
    wanted = set()
    for image in repository.images:
        for _, text in image.spoken:
            for match in re.finditer(r"(?:-r|--requirement)[ =]?(\S+)", text):
                wanted.add(PurePosixPath(match[1].strip("'\"")).name)
    return {name for name in repository.tree.names if PurePosixPath(name).name in wanted}


@check(
    "PI108",
    "requirements.txt is not installed by anything",
    Severity.WEAKENS,
    why="""Neither build nor deploy reads it: the image has what its commands install. Pins in
    this file only look like pins.""",
    fix="""image.add("requirements.txt", "/app/").run_command("pip install -r
    /app/requirements.txt")""",
    before="requirements.txt beside chute.py",
    after=(
        'image.add("requirements.txt", "/app/").run_command("pip install -r /app/requirements.txt")'
    ),
)
def not_installed(repository: Repository) -> Iterator[Answer]:
    """A requirements.txt beside a chute whose image does not name it."""
    for chute in repository.chutes:
        folder = PurePosixPath(chute.module.path).parent
        name = (folder / "requirements.txt").as_posix()
        image = repository.image(chute)
        if name in repository.tree.known and image is not None and not repository.single:
            used = any("requirements" in ast.unparse(d.call) for d in image.directives)
            if not used:
                yield Place(name, 1, "the image does not install it")


@check(
    "PI109",
    "The platform replaces this pin",
    Severity.WEAKENS,
    each="image",
    why="""The platform ends every build with `pip install chutes==VERSION`. A pin outside of
    the SDK's own range is replaced then, silently, after you tested it.""",
    fix="Pin inside the range the message names.",
    before='image.run_command("pip install pydantic==2.4.2")',
    after='image.run_command("pip install pydantic==2.11.7")',
)
def replaced(image: Image) -> Iterator[Answer]:
    """Exact pins of packages the SDK needs."""
    for call, text in image.spoken:
        for word in installed(text):
            match = re.match(r"^([\w.-]+)(?:\[[^\]]*\])?==([\w.]+)$", word)
            wanted = sdk.RANGES.get(match[1].lower().replace("_", "-")) if match else None
            if match and wanted and not _inside(match[2], wanted):
                yield at(call.call, f"{word} is replaced: the SDK needs {match[1]}{wanted}")


def _version(text: str) -> tuple[int, ...]:
    numbers = re.findall(r"\d+", text)
    return tuple(int(number) for number in numbers[:4])


def _inside(version: str, wanted: str) -> bool:
    found = _version(version)
    for part in wanted.split(","):
        limit = _version(part)
        if part.startswith(">=") and found < limit:
            return False
        if part.startswith("<") and found >= limit:
            return False
    return True


@check(
    "PI110",
    "torch has no kernels for this GPU",
    Severity.BREAKS,
    each="image",
    why="""RTX PRO 6000, the only GPU ordinary accounts can deploy, is a Blackwell card
    (sm_120). torch before 2.7 and builds for CUDA before 12.8 have no kernels for it: every
    request ends in a CUDA error. vLLM before 0.9 installs such a torch. The
    documentation's own example of a good pin, torch 2.4.0, is one of them.""",
    fix="torch 2.7 or newer from a CUDA 12.8 index, which vLLM 0.9 and newer bring.",
    before='image.run_command("pip install torch==2.4.0")',
    after='image.run_command("pip install torch==2.8.0")',
)
def old_torch(repository: Repository, image: Image) -> Iterator[Answer]:
    """Pins of torch and vLLM, CUDA indexes, architecture lists, where the card may be assigned."""
    chutes = [chute for chute in repository.chutes if repository.image(chute) is image]
    allowed = [may_run_on(repository.selector(chute), "pro_6000") for chute in chutes]
    if chutes and not any(answer is not False for answer in allowed):
        return
    for node, told in _too_old(image):
        if chutes and True not in allowed:
            yield unsure(node, "which GPUs the selector allows cannot be seen")
        else:
            yield at(node, told)


def _too_old(image: Image) -> Iterator[tuple[ast.Call, str]]:
    for call, text in image.spoken:
        told = next(_old_builds(text), "")
        if told:
            yield call.call, told
    for call in image.of("with_env"):
        value = call.value("value")
        if (
            call.value("key").value == "TORCH_CUDA_ARCH_LIST"
            and value.known
            and not re.search(r"1[02]\.", str(value.value))
        ):
            yield call.call, f"TORCH_CUDA_ARCH_LIST {value.value} leaves out 12.0"


def _old_builds(command: str) -> Iterator[str]:
    """What an install command says about torch that is too old for the card, the pin first."""
    for word in installed(command):
        match = re.match(r"^(torch|vllm)(?:\[[^]]*\])?==(\d+)\.(\d+)", word)
        if match and (int(match[2]), int(match[3])) < FIRST[match[1]]:
            yield f"{word} cannot run on pro_6000"
    for match in re.finditer(
        r"/whl/(?:nightly/)?cu(\d\d)(\d)\b|torch-backend[= ]cu(\d\d)(\d)", command
    ):
        major, minor = int(match[1] or match[3]), int(match[2] or match[4])
        if (major, minor) < FIRST_CUDA:
            yield f"CUDA {major}.{minor} builds cannot run on pro_6000"


@check(
    "PI111",
    "A package comes from a branch",
    Severity.WEAKENS,
    each="image",
    why="A git URL without a commit installs whatever is there on the day of the build.",
    fix="Add @ and the commit to a URL of pip; check the commit out after a `git clone`.",
    before='image.run_command("pip install git+https://github.com/huggingface/diffusers")',
    after='image.run_command("pip install git+https://github.com/huggingface/diffusers@0f1abc...")',
)
def from_branch(image: Image) -> Iterator[Answer]:
    """git+ URLs in pip install, and clones of which no later command checks out a commit."""
    for call, text in image.spoken:
        for match in re.finditer(r"git\+(?:https|ssh)://[^\s'\"]+", text):
            reference = match[0].split("://", 1)[1].partition("/")[2].partition("@")[2]
            reference = reference.partition("#")[0]
            if not re.match(r"^[0-9a-f]{7,40}$", reference):
                yield at(call.call, f"{match[0][:70]} is no commit")
    for call, clone in clones(image):
        if not clone.pinned:
            tag = f" (the tag {clone.branch} can be moved)" if clone.branch else ""
            told = f"{clone.url[:60]} is cloned as it is on the day of the build{tag}"
            when = "Clone without --depth, and then" if clone.shallow else "After the clone"
            remedy = f"{when}: git -C {clone.folder} checkout COMMIT, with 40 hex digits."
            yield at(call.call, told, fix=remedy)


@check(
    "PI113",
    "A script from the network is run in the build",
    Severity.WEAKENS,
    each="image",
    why="What it does is decided by its server on the day of the build.",
    fix="Download a version, check its sha256, then run it; or use a package.",
    before='image.run_command("curl -LsSf https://example.com/install.sh | sh")',
    after='image.run_command("pip install uv==0.9.2")',
)
def piped(image: Image) -> Iterator[Answer]:
    """curl or wget piped to a shell."""
    for call, text in image.spoken:
        if _PIPED.search(text):
            yield at(call.call, "the build runs what it downloads")


# Options, variables and programs such as sudo and env may stand before the shell.
_PIPED = re.compile(
    r"\b(?:curl|wget)\b(?:(?!\b(?:curl|wget)\b)[^|;&])*\|\s*"
    r"(?:(?:sudo|env|-\w+|\w+=[^\s|]+)\s+)*(?:(?:ba|z)?sh|python3?)\b"
)
