"""CI: the chutes command in scripts, pipelines and documents."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.declared import at
from scaffold.check.model import Answer, Severity
from scaffold.check.module import Module, function_around, own_nodes, parent
from scaffold.check.repository import Repository
from scaffold.check.scripts import Script

# What a script has that finds out for itself what became of a build or a deploy.
_LOOKS = re.compile(
    r"grep|api\.chutes\.ai|/images/|/chutes/[${]|Successfully deployed|built and pushed"
)
_FED = re.compile(r"(yes|echo|printf)\b((?!(yes|echo|printf)\b)[^|])*\||<<<|<\s*\S")
_CODE_ROUTE = re.compile(r"/chutes/code\b")
_COMPARES = re.compile(r"\b(?:diff|cmp|comm|grep|\w+sum)\b|[!=]=")


def _calls(script: Script) -> Iterator[list[str]]:
    for words in script.commands:
        if words[0] == "chutes" and len(words) > 1:
            yield words


@check(
    "CI101",
    "The chutes command has no such sub-command",
    Severity.BREAKS,
    each="script",
    why="""It exits with 2. There are register, login, run, build, deploy, share, warmup, report,
    startup-logs, transfer-balance, and chutes, images, keys and secrets with list, get, delete (and
    create for the last two).""",
    fix="Use the API for the rest: GET /chutes/{id}, GET /instances/{id}/logs.",
    before="chutes chutes logs my-chute",
    after='curl -H "Authorization: Bearer $KEY" https://api.chutes.ai/instances/$ID/logs',
)
def subcommand(script: Script) -> Iterator[Answer]:
    """Words after chutes."""
    for words in _calls(script):
        first = words[1]
        if not re.fullmatch(r"[a-z][a-z-]+", first):
            continue
        if first not in sdk.SUBCOMMANDS:
            yield script.at(f"there is no `chutes {first}`")
        elif (
            first in sdk.GROUPS
            and len(words) > 2
            and re.fullmatch(r"[a-z][a-z-]+", words[2])
            and words[2] not in sdk.GROUPS[first]
        ):
            yield script.at(f"there is no `chutes {first} {words[2]}`")


@check(
    "CI102",
    "build or deploy has no such option",
    Severity.BREAKS,
    each="script",
    why="It exits with 2. There is no --yes, --tag, --no-cache and no deploy --wait.",
    fix="Remove it; wait by polling GET /images/{id} and GET /chutes/{id}.",
    before="chutes deploy chute:chute --wait",
    after="chutes deploy chute:chute --accept-fee",
)
def option(script: Script) -> Iterator[Answer]:
    """Options outside of the command's."""
    for words in _calls(script):
        known = sdk.COMMANDS.get(words[1])
        for word in words[2:] if known else ():
            name = word.partition("=")[0]
            if name.startswith("--") and name not in (*(known or ()), "--help"):
                yield script.at(f"chutes {words[1]} has no {name}")


@check(
    "CI103",
    "build and deploy ask, and nobody answers",
    Severity.BREAKS,
    each="script",
    why="""Both ask for confirmation and have no option against it. With standard input closed they
    print "Aborted." and exit with 1.""",
    fix="printf 'y\\ny\\n' | chutes build chute:chute --wait",
    before="run: chutes build chute:chute --wait",
    after="run: printf 'y\\ny\\n' | chutes build chute:chute --wait",
)
def asks(script: Script) -> Iterator[Answer]:
    """In pipelines and scripts, Python ones too, without anything piped in."""
    if script.automatic and not script.answered and not _FED.search(script.text):
        for words in _calls(script):
            if words[1] in ("build", "deploy") and len(words) > 2 and "--help" not in words:
                yield _asked(script, words)


def _asked(script: Script, words: Sequence[str]) -> Answer:
    """The remedy is the same command with its questions answered: build asks two, deploy one."""
    agreed = ", --accept-fee or not" if "--accept-fee" in words else ""
    answers = "y\\ny\\n" if words[1] == "build" else "y\\n"
    place = script.at(f"chutes {words[1]} asks for confirmation{agreed}")
    return replace(place, fix=f"printf '{answers}' | {' '.join(words)}")


@check(
    "CI104",
    "Success is taken from the exit code",
    Severity.WEAKENS,
    each="script",
    why="""build and deploy exit with 0 on 401, 402, 409, 429 and 500, and build --wait even
    when the build failed: the pipeline is green and nothing was deployed.""",
    fix="Read the state back: GET /images/{id} until `built and pushed`, GET /chutes/{id} for the "
    "version; or look for the success line.",
    before="run: echo y | chutes deploy chute:chute --accept-fee",
    after="run: echo y | chutes deploy chute:chute --accept-fee | tee log; grep -q 'Successfully "
    "deployed' log",
)
def exit_code(repository: Repository, script: Script) -> Iterator[Answer]:
    """In pipelines and scripts, Python ones too, when the file never looks at the result."""
    if not script.automatic:
        return
    text = repository.tree.text(script.file) or ""
    if _LOOKS.search(text) or (script.kept and re.search(r"\bstdout\b|\boutput\b", text)):
        return
    for words in _calls(script):
        if words[1] in ("build", "deploy") and len(words) > 2 and "--help" not in words:
            yield script.at(f"chutes {words[1]} exits with 0 when the platform refuses")


@check(
    "CI105",
    "--config-path has no effect",
    Severity.WEAKENS,
    each="script",
    why="The path is read when the SDK is imported, before the option is: another account is used.",
    fix="CHUTES_CONFIG_PATH=... in the environment.",
    before="chutes deploy chute:chute --config-path ci.ini",
    after="CHUTES_CONFIG_PATH=ci.ini chutes deploy chute:chute",
)
def config_path(script: Script) -> Iterator[Answer]:
    """The option."""
    for words in _calls(script):
        if any(word.startswith("--config-path") for word in words):
            yield script.at("--config-path is ignored")


@check(
    "CI106",
    "warmup never ends",
    Severity.BREAKS,
    each="script",
    why="`chutes warmup` is a full-screen display that runs until it is interrupted.",
    fix="GET /chutes/warmup/{name}?quick=true with the key, until it answers hot.",
    before="run: chutes warmup chute:chute",
    after=(
        'run: curl -H "Authorization: Bearer $KEY" '
        '"https://api.chutes.ai/chutes/warmup/sdxl?quick=true"'
    ),
)
def warmup(script: Script) -> Iterator[Answer]:
    """In pipelines and scripts, unless they end it themselves."""
    for words in _calls(script):
        waits = script.automatic and not script.ended
        if waits and words[1] == "warmup" and "--help" not in words:
            yield script.at("chutes warmup does not end by itself")


@check(
    "CI107",
    "Ordinary accounts cannot publish",
    Severity.REFUSED,
    each="script",
    why="deploy --public is refused (400) without the permission for public models.",
    fix="Leave it out and share the chute: chutes share --chute-id ... --user-id ...",
    before="chutes deploy chute:chute --public",
    after="chutes share --chute-id $ID --user-id bob",
)
def public(script: Script) -> Iterator[Answer]:
    """deploy --public."""
    for words in _calls(script):
        if words[1] == "deploy" and "--public" in words:
            yield script.at("--public needs a permission that accounts do not have")


@check(
    "CI108",
    "The command is called chutes",
    Severity.BREAKS,
    each="script",
    why="There is no program `chute`; the production guide itself misspells it.",
    fix="chutes keys create ...",
    before="chute keys create --name app --action invoke",
    after="chutes keys create --name app --action invoke --chute-ids $ID",
)
def misspelt(script: Script) -> Iterator[Answer]:
    """`chute` followed by a sub-command of chutes."""
    for words in script.commands:
        if words[0] == "chute" and len(words) > 1 and words[1] in sdk.SUBCOMMANDS:
            yield script.at("there is no command `chute`")


@check(
    "CI109",
    "The build loses every file",
    Severity.BREAKS,
    each="script",
    why="""With CHUTES_EXECUTION_CONTEXT=REMOTE, which `chutes run --dev` needs, Image.add does
    nothing: the image is built without any of the files, and nobody says so.""",
    fix="Set the variable for `chutes run` only.",
    before="export CHUTES_EXECUTION_CONTEXT=REMOTE\nchutes build chute:chute",
    after="CHUTES_EXECUTION_CONTEXT=REMOTE chutes run chute:chute --dev",
)
def remote_build(repository: Repository, script: Script) -> Iterator[Answer]:
    """The variable on the line, or exported earlier in the file."""
    for words in _calls(script):
        if words[1] != "build" or len(words) < 3:
            continue
        text = repository.tree.text(script.file) or ""
        exported = re.search(
            r"^\s*(export\s+CHUTES_EXECUTION_CONTEXT|CHUTES_EXECUTION_CONTEXT:)[= :]+['\"]?REMOTE",
            text,
            re.M,
        )
        if "CHUTES_EXECUTION_CONTEXT=REMOTE" in script.text or (
            exported and text.count("\n", 0, exported.start()) < script.line
        ):
            yield script.at("add() does nothing while CHUTES_EXECUTION_CONTEXT is REMOTE")


@check(
    "CI110",
    "Everything in the folder is uploaded",
    Severity.WEAKENS,
    each="script",
    why="""--include-cwd zips the folder with .env, keys and data, and puts it into the image
    at /app.""",
    fix="image.add(...) for what is needed.",
    before="chutes build chute:chute --include-cwd",
    after="chutes build chute:chute",
)
def whole_folder(script: Script) -> Iterator[Answer]:
    """The option."""
    for words in _calls(script):
        if words[1] == "build" and "--include-cwd" in words:
            yield script.at("--include-cwd takes everything")


@check(
    "CI111",
    "warmup needs a key",
    Severity.BREAKS,
    each="script",
    why="""The endpoint answers 401 without the Authorization header; the documentation's curl
    has none.""",
    fix="""curl -H "Authorization: Bearer $KEY"
    "https://api.chutes.ai/chutes/warmup/NAME?quick=true"
    """,
    before="curl https://api.chutes.ai/chutes/warmup/sdxl",
    after=(
        'curl -H "Authorization: Bearer $KEY" "https://api.chutes.ai/chutes/warmup/sdxl?quick=true"'
    ),
)
def keyless(script: Script) -> Iterator[Answer]:
    """curl of /chutes/warmup/ without the header on the command."""
    if (
        "curl" in script.text
        and "/chutes/warmup/" in script.text
        and "authorization" not in script.text.lower()
    ):
        yield script.at("the request is answered 401")


@check(
    "CI112",
    "What runs is read from the code route",
    Severity.WEAKENS,
    why=f"""GET /chutes/code/ID goes through caches that a deploy does not empty: for up to
    {sdk.CODE_ROUTE_SECONDS} seconds it shows the code from before, beside the new version. A
    pipeline that compares it takes a new version for the old one, or a bad one for the good one
    it is to go back to.""",
    fix="""Compare `version` of GET /chutes/ID, which is fresh, with
    uuid5(NAMESPACE_OID, f"{image_id}:{patch_version}:{code}").""",
    before='curl -s "$API/chutes/code/$ID" | diff - chute.py && echo "version is live"',
    after='curl -s "$API/chutes/$ID" | jq -r .version',
)
def code_route(repository: Repository) -> Iterator[Answer]:
    """Commands and Python functions that ask the route and compare what it says."""
    told = "for minutes after a deploy this is the code from before it"
    for script in repository.scripts:
        if (
            script.automatic
            and not script.file.endswith(".py")
            and _CODE_ROUTE.search(script.text)
            and _COMPARES.search(script.text)
        ):
            yield script.at(told)
    for module in repository.modules:
        for node in module.of(ast.Constant) if _CODE_ROUTE.search(module.text) else ():
            asked = isinstance(node.value, str) and _CODE_ROUTE.search(node.value)
            if asked and not isinstance(parent(node), ast.Expr) and _compared(node, module):
                yield at(node, told)


def _compared(node: ast.AST, module: Module) -> bool:
    """Does the function around a node compare two values that it computes?"""
    function = function_around(node)
    return any(
        isinstance(part, ast.Compare)
        and isinstance(part.ops[0], ast.Eq | ast.NotEq)
        and not isinstance(part.left, ast.Constant)
        and not isinstance(part.comparators[0], ast.Constant)
        for part in (own_nodes(function) if function is not None else module.of(ast.Compare))
    )
