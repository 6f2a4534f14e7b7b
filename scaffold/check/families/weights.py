"""PI: revisions of models: what is fetched at a branch, or runs code nobody read."""

import ast
import re
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import constant, keyword, last, text_of
from scaffold.check.declared import Image, at, literals
from scaffold.check.model import Answer, Severity
from scaffold.check.module import Module, ancestors, home
from scaffold.check.repository import Repository
from scaffold.check.values import full_name

_COMMIT = re.compile(r"^[0-9a-fA-F]{40}$")
_MODEL_ID = re.compile(r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")


@check(
    "PI105",
    "The model is loaded without a revision",
    Severity.WEAKENS,
    each="module",
    why="""Without a commit the newest files are loaded, at each cold start. The owner of the
    model can change what the chute answers, or break it.""",
    fix="Pass revision= with the commit, 40 hex digits.",
    before='DiffusionPipeline.from_pretrained("stabilityai/sdxl-turbo")',
    after='DiffusionPipeline.from_pretrained("stabilityai/sdxl-turbo", revision="71153311d3db...")',
)
def no_revision(repository: Repository, module: Module) -> Iterator[Answer]:
    """Downloads of a Hugging Face id that can be seen, and is no folder the file itself fills."""
    folders = _folders(module)
    for call, name in _loads(repository, module):
        node = _identifier(call)
        model = text_of(node, repository) if node is not None else None
        if (
            (
                keyword(call, "revision") is None
                and constant(keyword(call, "local_files_only")) is not True
            )
            and model is not None
            and _MODEL_ID.match(model)
            and model not in folders
            and not any(k.arg is None for k in call.keywords)
        ):
            yield at(call, f"{last(name)} takes the newest {model}")


def _folders(module: Module) -> set[str]:
    """The literals that a file makes paths of: `base / text`, `join(base, text)`, local_dir=."""
    parts: list[ast.expr] = [
        node.right for node in module.of(ast.BinOp) if isinstance(node.op, ast.Div)
    ]
    for call, name in module.named_calls:
        if name in ("os.path.join", "pathlib.Path", "Path", "os.makedirs"):
            parts += call.args
    parts += [part.value for part in module.of(ast.keyword) if part.arg == "local_dir"]
    return {text for _, text in literals(parts)}


def _loads(repository: Repository, module: Module) -> Iterator[tuple[ast.Call, str]]:
    for call, name in repository.calls(module):
        loads = last(name) in ("from_pretrained", "snapshot_download", "hf_hub_download")
        if (loads or name == "transformers.pipeline") and not any(
            isinstance(a, ast.FunctionDef) and "test" in a.name for a in ancestors(call)
        ):
            yield call, name


def _identifier(call: ast.Call) -> ast.expr | None:
    if last(full_name(call.func, home(call)) or "") == "pipeline":
        return keyword(call, "model") or (call.args[1] if len(call.args) > 1 else None)
    for name in ("repo_id", "pretrained_model_name_or_path", "pretrained_model_or_path"):
        node = keyword(call, name)
        if node is not None:
            return node
    return call.args[0] if call.args else None


@check(
    "PI106",
    "The model's revision is a branch",
    Severity.WEAKENS,
    each="module",
    why="A branch moves: two instances started on different days serve different models.",
    fix="Pass the commit, 40 hex digits.",
    before='snapshot_download(MODEL, revision="main")',
    after='snapshot_download(MODEL, revision="71153311d3dbb46851df1931d3ca6e939de83304")',
)
def branch(repository: Repository, module: Module) -> Iterator[Answer]:
    """Revisions that can be seen and are no commit."""
    for call, _ in _loads(repository, module):
        node = keyword(call, "revision")
        revision = text_of(node, repository) if node is not None else None
        if node is not None and revision is not None and not _COMMIT.match(revision):
            yield at(node, f"{revision!r} is not a commit")


@check(
    "PI112",
    "Code of a model is trusted without a revision",
    Severity.WEAKENS,
    each="module",
    why="""trust_remote_code=True runs Python from the model's repository. Without a commit its
    owner, or whoever takes over the account, runs code in your instances from one start to the
    next.""",
    fix="Pass revision= with a commit you have read, or do without.",
    before='AutoModel.from_pretrained("org/model", trust_remote_code=True)',
    after='AutoModel.from_pretrained("org/model", trust_remote_code=True, revision="0f1a...")',
)
def trusts(repository: Repository, module: Module) -> Iterator[Answer]:
    """trust_remote_code=True in a call without a revision."""
    for call, name in repository.calls(module):
        if last(name) in ("dict", "update"):
            continue
        if (
            constant(keyword(call, "trust_remote_code")) is True
            and keyword(call, "revision") is None
            and not any(k.arg is None for k in call.keywords)
        ):
            yield at(call, f"{last(name)} runs code that can change")


@check(
    "PI114",
    "Weights are fetched in the build without a hash",
    Severity.WEAKENS,
    each="image",
    why="""Whatever the address gives on the day of the build becomes part of the image: a branch
    moves, a file is replaced, a download is cut off, and nothing fails.""",
    fix="""Name the commit in the address, or compare a hash in the same command:
    echo 'SHA256  FILE' | sha256sum -c.""",
    before='image.run_command("wget https://huggingface.co/x/y/resolve/main/m.safetensors")',
    after='image.run_command("wget https://huggingface.co/x/y/resolve/0f1a.../m.safetensors")',
)
def unhashed(image: Image) -> Iterator[Answer]:
    """wget and curl of weights, and Hub downloads, without a commit or a hash in sight."""
    whole = " ".join(text for _, text in image.spoken)
    if re.search(r"sha(?:256|512|1)sum|md5sum|hashlib|--checksum", whole):
        return
    for call, text in image.spoken:
        for match in _WEIGHTS.finditer(text):
            if not re.search(r"[0-9a-f]{40}", match[0]):
                yield at(call.call, f"{match[1].rpartition('/')[2][:60]} is fetched unchecked")
        for match in _HUB.finditer(text):
            if not re.search(r"--revision[= ]['\"]?[0-9a-f]{40}", match[0]):
                yield at(call.call, f"{match[1][:60]} is what the branch holds that day")
        for match in _HUB_CODE.finditer(text):
            if not re.search(r"revision\s*=\s*\\?['\"][0-9a-f]{40}", match[0]):
                yield at(call.call, f"{match[1][:60]} is what the branch holds that day")


_WEIGHTS = re.compile(
    r"\b(?:wget|curl|aria2c)\b(?:(?!\b(?:wget|curl|aria2c)\b)[^;&|])*?"
    r"(https?://(?:(?!https?://)[^\s'\"])+\.(?:safetensors|ckpt|pth?|bin|gguf|onnx|msgpack|h5|npz|engine))\b"
)


_HUB_CODE = re.compile(
    r"\b(?:snapshot_download|hf_hub_download|from_pretrained)\(\s*(?:repo_id\s*=\s*)?"
    r"\\?['\"]([\w.-]+/[\w.-]+)\\?['\"][^;)]*"
)


_HUB = re.compile(r"\b(?:huggingface-cli|hf)\s+download\s+([\w.-]+/[\w.-]+)[^;&|]*")
