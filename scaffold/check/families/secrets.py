"""KS: keys, secrets and who may call."""

import ast
import fnmatch
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scaffold.answers import secrets
from scaffold.check.catalog import check
from scaffold.check.code import constant, keyword, last
from scaffold.check.declared import Cord, Image, at
from scaffold.check.model import Answer, Place, Severity
from scaffold.check.module import Module, defaults, own_nodes
from scaffold.check.repository import Repository
from scaffold.check.scripts import Script

_SECRET_NAME = re.compile(r"(^|_)(token|secret|password|passwd|api_?key|private_?key|seed)$", re.I)
_PLACEHOLDER = re.compile(
    r"your|example|change|dummy|xxx|\.\.\.|<|\{|test|none|placeholder|redacted|here|\$|sample|"
    r"secret$|password$|token$|^key$|local|fake|stub|^\W*$|_|\s|^[a-z]+$",
    re.I,
)
_TEXTS = (".py", ".yml", ".yaml", ".toml", ".env", ".sh", ".json", ".ini", ".cfg", ".txt", ".md")


@check(
    "KS101",
    "A key stands in a file",
    Severity.WEAKENS,
    why="""Whoever reads the repository, its history or the image has the key. The module is
    uploaded as text with every deploy.""",
    fix="Revoke it. Store it with `chutes secrets create` and read it from the environment.",
    before='client = OpenAI(api_key="sk-...the real key...")',
    after='client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])',
)
def key_in_file(repository: Repository) -> Iterator[Answer]:
    """Issued keys by their shape in any text; literals that Python code gives names of secrets.

    What repeats few characters, as `hf_xxxx...` does, stands for a key and is none.
    """
    for name, text in repository.tree.ending(*_TEXTS):
        for match in secrets.issued().finditer(text):
            if not _stands_for_a_key(match[0]):
                line = text.count("\n", 0, match.start()) + 1
                yield Place(name, line, f"a key is written down: {match[0][:7]}...")
    for module in repository.modules:
        for name, node in _named_values(module):
            value = constant(node)
            if not isinstance(value, str) or secrets.issued().search(value):
                continue
            bearer = value.startswith("Bearer ")
            key = value.removeprefix("Bearer ")
            named = bearer or _SECRET_NAME.search(name)
            if named and len(key) >= 12 and _is_secret(key):
                yield at(node, f"{'a bearer token' if bearer else name} is written down")


def _stands_for_a_key(key: str) -> bool:
    """Is it made of so few characters that nobody can have issued it?"""
    secret = key.rpartition("_")[2].rpartition("-")[2]
    few = 7 if len(secret) > 20 else 4
    return "BEGIN" not in key and len(set(secret.lower())) < min(few, len(secret))


def _is_secret(text: str) -> bool:
    """Is it one to the eye: after an issuer's prefix, at random, or no word for a key?"""
    prefix = _PREFIX.match(text)
    if prefix is not None and not _EXAMPLE.search(text, prefix.end()):
        return not _stands_for_a_key(text)
    return _random(text) or not _PLACEHOLDER.search(text)


_PREFIX = re.compile(r"hf_|cpk_|sk-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|nvapi-|dckr_pat_")
_EXAMPLE = re.compile(
    r"your|example|change|dummy|xxx|\.\.\.|[<{$*\s]|test|none|placeholder|redacted|here|sample|"
    r"fake|stub|(secret|password|token|key)$",
    re.I,
)


def _random(text: str) -> bool:
    """Hex digits, or letters and digits mixed as people do not mix them, after a prefix or not."""
    secret = re.split(r"[_-]", text)[-1]
    if not re.fullmatch(r"[A-Za-z0-9]{16,}", secret) or _stands_for_a_key(text):
        return False
    return len(re.findall(r"(?<=[a-zA-Z])\d|(?<=\d)[a-zA-Z]", secret)) >= 4


def _named_values(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """Names, attributes, keywords, keys and parameters, each with what it is given in the file."""
    for node in module.of(ast.Assign):
        for target in node.targets:
            yield _called(target), node.value
    for annotated in module.of(ast.AnnAssign):
        if annotated.value is not None:
            yield _called(annotated.target), annotated.value
    for part in module.of(ast.keyword):
        if part.arg:
            yield part.arg, part.value
    for table in module.of(ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            yield str(constant(key)), value
    for function in module.functions:
        yield from defaults(function).items()
    for call, name in module.named_calls:
        if name in ("os.getenv", "os.environ.get", "os.environ.setdefault") and len(call.args) > 1:
            yield str(constant(call.args[0])), call.args[1]


def _called(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript):
        return str(constant(target.slice))
    return getattr(target, "id", getattr(target, "attr", ""))


@check(
    "KS102",
    "A secret is built into the image",
    Severity.WEAKENS,
    each="image",
    why="""An ENV line is stored in the image and shown by every tool that inspects it; the
    build log prints it. Secrets are given to an instance by the platform.""",
    fix="`chutes secrets create --purpose CHUTE --key HF_TOKEN --value ...`, then read os.environ.",
    before='image.with_env("HF_TOKEN", TOKEN)',
    after='token = os.environ["HF_TOKEN"]  # in a startup hook',
)
def secret_in_image(image: Image) -> Iterator[Answer]:
    """with_env of a name of a secret, unless its value is empty."""
    for call in image.of("with_env"):
        key, value = call.value("key"), call.value("value")
        if (
            key.known
            and isinstance(key.value, str)
            and _SECRET_NAME.search(key.value)
            and (not value.known or value.value)
        ):
            yield at(call.call, f"{key.value} becomes part of the image")


@check(
    "KS103",
    "A secret is used in a build command",
    Severity.WEAKENS,
    each="image",
    why="The command and what it writes are stored in the image's layers and its build log.",
    fix="Download at start-up with a secret the platform provides.",
    before='image.run_command("huggingface-cli login --token hf_abc")',
    after='snapshot_download(MODEL, token=os.environ["HF_TOKEN"])  # in a startup hook',
)
def secret_in_command(image: Image) -> Iterator[Answer]:
    """Options and variables that carry secrets in run_command."""
    pattern = re.compile(r"--(?:token|password|api-key)[= ]\S+|\b\w*(?:TOKEN|SECRET|PASSWORD)=\S+")
    for call, value in image.commands:
        text = (
            value.value if value.known else ast.unparse(call.call.args[0]) if call.call.args else ""
        )
        match = pattern.search(str(text))
        if match:
            yield at(call.call, f"the build log keeps {match[0].split('=')[0].split()[0]}")


@check(
    "KS104",
    "Depends() is never called in a cord",
    Severity.BREAKS,
    each="input",
    why="""The SDK calls the function itself and injects nothing: the parameter is a truthy
    object, so an authentication written this way lets everybody in.""",
    fix="""The platform has checked the API key before the request gets here. Give clients
    scoped keys; check anything else on the body inside the function.""",
    before="def generate(self, args: Args, user=Depends(verify)): ...",
    after="def generate(self, args: Args): ...",
)
def depends(cord: Cord) -> Iterator[Answer]:
    """Defaults that are a call of Depends or Security, also inside Annotated."""
    given = [*defaults(cord.function).values()]
    given += [arg.annotation for arg in cord.parameters if arg.annotation is not None]
    for node in given:
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and last(ast.unparse(part.func)) in (
                "Depends",
                "Security",
            ):
                yield at(part, f"{ast.unparse(part)} is never called: nobody is checked")


@check(
    "KS105",
    "Headers are read from the body",
    Severity.WEAKENS,
    each="handler",
    why="""Client headers do not reach an instance. What stands under `headers` was put into
    the JSON by the caller, who can write any identity there.""",
    fix="Rely on the platform's keys; do not decide by what the caller says about himself.",
    before='token = inputs["headers"]["Authorization"]',
    after="# the platform has checked the key already",
)
def forged(cord: Cord) -> Iterator[Answer]:
    """["headers"], .get("headers") and .headers of an argument."""
    mine = {arg.arg for arg in cord.parameters}
    for node in own_nodes(cord.function):
        found = None
        if isinstance(node, ast.Subscript) and constant(node.slice) == "headers":
            found = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "get" and node.args and constant(node.args[0]) == "headers":
                found = node.func.value
        elif isinstance(node, ast.Attribute) and node.attr == "headers":
            found = node.value
        if isinstance(found, ast.Name) and found.id in mine:
            yield at(node, "these are not the request's headers")


@check(
    "KS106",
    "A file of secrets lies in the repository",
    Severity.WEAKENS,
    why="""`chutes build --include-cwd` zips everything, and the next `git add .` publishes it.
    It is not sent with a deploy, so the chute does not even see it.""",
    fix="Add it to .gitignore and use `chutes secrets create`.",
    before=".env",
    after=".gitignore:\n.env",
)
def secret_file(repository: Repository) -> Iterator[Answer]:
    """.env and key files that no .gitignore line covers."""
    ignored = [
        line.strip().strip("/")
        for _, text in repository.tree.ending(".gitignore")
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    ]
    for name in repository.tree.names:
        base = PurePosixPath(name).name
        secret = (
            base == ".env"
            or (base.startswith(".env.") and "example" not in base)
            or (base.endswith((".pem", ".key")) or (base == "config.ini" and ".chutes" in name))
        )
        if (
            secret
            and base != ".env.sample"
            and base != ".env.template"
            and not any(fnmatch.fnmatch(base, p) or fnmatch.fnmatch(name, p) for p in ignored)
        ):
            yield Place(name, 1, "it is not ignored by git")


@check(
    "KS107",
    "The whole folder goes into the image",
    Severity.WEAKENS,
    each="image",
    why="""Everything that lies there at build time comes along: .env, keys, .git, test data.
    Any change of any file makes another image.""",
    fix="Add what the chute needs, file by file or package by package.",
    before='image.add(".", "/app")',
    after='image.add("serving/*.py", "/app/serving/")',
)
def whole_folder(image: Image) -> Iterator[Answer]:
    """add of the folder itself."""
    for call in image.of("add"):
        source = call.value("source")
        if source.known and source.value in (".", "./", "*", "./*", "**"):
            yield at(call.call, f"add({source.value!r}) takes everything")


@check(
    "KS108",
    "Certificates are not verified",
    Severity.WEAKENS,
    each="module",
    why="Anybody on the way can read and change what is sent and received.",
    fix="Leave verify out; for an engine of your own pass its certificate.",
    before="requests.post(url, json=body, verify=False)",
    after="requests.post(url, json=body)",
)
def unverified(repository: Repository, module: Module) -> Iterator[Answer]:
    """verify=False in requests and httpx."""
    for call, name in repository.calls(module):
        if name.partition(".")[0] in ("requests", "httpx"):
            node = keyword(call, "verify")
            if node is not None and constant(node) is False:
                yield at(node, f"{name}() accepts any certificate")


@check(
    "KS109",
    "A key opens more than this chute",
    Severity.WEAKENS,
    each="script",
    why="""`--action invoke` alone is the right to call every chute of the account, and --admin the
    right to everything. A leaked client key should open one chute.""",
    fix="chutes keys create --name app --action invoke --chute-ids UUID",
    before="chutes keys create --name app --action invoke",
    after="chutes keys create --name app --action invoke --chute-ids 5f0c...",
)
def wide_key(script: Script) -> Iterator[Answer]:
    """keys create without --chute-ids or with --admin."""
    for words in script.commands:
        if words[:3] == ["chutes", "keys", "create"] and "--help" not in words:
            if "--admin" in words:
                yield script.at("this key may do everything")
            elif not any(w.startswith(("--chute-ids", "--json-input", "--image")) for w in words):
                wide = "invoke" in words or "--action" in words
                yield script.at(
                    "this key opens every chute" if wide else "this key opens nothing at all"
                )


@check(
    "KS110",
    "Several chute ids in one option are one bogus id",
    Severity.BREAKS,
    each="script",
    why="The option takes one id; a list with commas is sent as it is and opens nothing.",
    fix="Repeat the option.",
    before="chutes keys create --name app --action invoke --chute-ids a,b",
    after="chutes keys create --name app --action invoke --chute-ids a --chute-ids b",
)
def comma_ids(script: Script) -> Iterator[Answer]:
    """A comma in the value."""
    for words in script.commands:
        for first, second in zip(words, [*words[1:], ""], strict=True):
            given = second if first == "--chute-ids" else first.partition("--chute-ids=")[2]
            if "," in given:
                yield script.at(f"{given} is taken for one id")


@check(
    "KS111",
    "A secret is created for no chute",
    Severity.BREAKS,
    each="script",
    why="""`chutes secrets create` needs --purpose with the chute it is for, which must exist:
    secrets come after the first deploy.""",
    fix="chutes secrets create --purpose my-chute --key HF_TOKEN --value ...",
    before="chutes secrets create --key HF_TOKEN --value hf_...",
    after="chutes secrets create --purpose my-chute --key HF_TOKEN --value hf_...",
)
def no_purpose(script: Script) -> Iterator[Answer]:
    """secrets create without --purpose."""
    for words in script.commands:
        if (
            words[:3] == ["chutes", "secrets", "create"]
            and "--help" not in words
            and not any(word.startswith("--purpose") for word in words)
        ):
            yield script.at("--purpose is required")


@check(
    "KS112",
    "The platform does not read X-API-Key",
    Severity.BREAKS,
    why="Only the Authorization header is read; a request with X-API-Key is answered 401.",
    fix="Send Authorization: Bearer cpk_...",
    before='curl https://alice-chute.chutes.ai/generate -H "X-API-Key: $KEY"',
    after='curl https://alice-chute.chutes.ai/generate -H "Authorization: Bearer $KEY"',
)
def wrong_header(repository: Repository) -> Iterator[Answer]:
    """The header in files that call a chute, unless they send Authorization too."""
    for name, text in repository.tree.ending(".py", ".sh", ".md", ".yml"):
        if "chutes.ai" in text and "x-api-key" in text.lower() and "Authorization" not in text:
            line = text.lower()[: text.lower().index("x-api-key")].count("\n") + 1
            yield Place(name, line, "X-API-Key is not read")


@check(
    "KS113",
    "A salt is written down",
    Severity.WEAKENS,
    each="module",
    why="A salt that is the same for all protects nothing: one table opens every password.",
    fix="os.urandom(16) for each value, stored beside it; or no own cryptography at all.",
    before='PBKDF2HMAC(algorithm=SHA256(), length=32, salt=b"static_salt", iterations=100000)',
    after="PBKDF2HMAC(algorithm=SHA256(), length=32, salt=os.urandom(16), iterations=600000)",
)
def fixed_salt(repository: Repository, module: Module) -> Iterator[Answer]:
    """Literal salts of key derivations."""
    for call, name in repository.calls(module):
        if last(name) in ("PBKDF2HMAC", "Scrypt", "pbkdf2_hmac", "scrypt", "HKDF"):
            salt = keyword(call, "salt") or (call.args[2] if len(call.args) > 2 else None)
            if isinstance(constant(salt), bytes | str):
                yield at(call, "the salt is the same for everything")
