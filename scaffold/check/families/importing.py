"""SU: what importing chute.py does, needs and lacks."""

import ast
import re
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import covers
from scaffold.check.declared import Chute, at, unsure
from scaffold.check.model import Answer, Severity
from scaffold.check.module import Module, ancestors, function_around
from scaffold.check.repository import Repository

HEAVY = {
    "torch",
    "torchvision",
    "torchaudio",
    "tensorflow",
    "jax",
    "vllm",
    "sglang",
    "transformers",
    "diffusers",
    "accelerate",
    "sentence_transformers",
    "faster_whisper",
    "whisper",
    "onnxruntime",
    "xformers",
    "flash_attn",
    "cv2",
}


_GUARDING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.If, ast.Try)


@check(
    "SU109",
    "A heavy package is imported at the top of the module",
    Severity.WEAKENS,
    each="chute module",
    why="""build and deploy import the module on your machine, where torch and friends are
    usually not installed, and a pipeline would have to install gigabytes to send a text file.""",
    fix="Import it inside the startup hook, or under `if is_remote():`.",
    before="import torch\n\n@chute.on_startup()\nasync def load(self): ...",
    after="@chute.on_startup()\nasync def load(self):\n    import torch",
)
def heavy_import(module: Module) -> Iterator[Answer]:
    """Imports that run when the module is imported; guarded ones are fine."""
    statements: list[ast.Import | ast.ImportFrom] = [
        *module.of(ast.Import),
        *module.of(ast.ImportFrom),
    ]
    for node in statements:
        if function_around(node) is not None or any(
            isinstance(around, ast.If | ast.Try) for around in ancestors(node)
        ):
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [] if node.level else [node.module or ""]
        heavy = [name for name in names if name.partition(".")[0] in HEAVY]
        if heavy:
            yield at(node, f"{heavy[0]} must be installed wherever this is built or deployed")


@check(
    "SU110",
    "The module needs an environment variable to be imported",
    Severity.BREAKS,
    each="chute module",
    why="""Secrets exist only on the platform, and only after the first deploy. `os.environ[...]` at
    module level raises KeyError in build and deploy.""",
    fix="Read it in a startup hook, or with os.getenv and a check there.",
    before='TOKEN = os.environ["HF_TOKEN"]',
    after='@chute.on_startup()\nasync def load(self):\n    token = os.environ["HF_TOKEN"]',
)
def needs_environment(module: Module) -> Iterator[Answer]:
    """Subscripts of os.environ outside of functions."""
    for node in module.of(ast.Subscript):
        inside = any(isinstance(around, _GUARDING) for around in ancestors(node))
        if inside or not isinstance(node.ctx, ast.Load):
            continue
        shown = ast.unparse(node.value)
        if shown in ("os.environ", "environ"):
            yield at(node, f"{ast.unparse(node.slice)} must be set to import the module")


@check(
    "SU111",
    "A local module is not in the image",
    Severity.BREAKS,
    each="chute",
    why="""A deploy sends the one file that declares the chute. What it imports from the repository
    exists on the platform only when the image adds it below /app.""",
    fix='Add it: image.add("serving/*.py", "/app/serving/").',
    before="from helpers import crop",
    after='image = Image(...).add("helpers.py", "/app/helpers.py")',
)
def not_shipped(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """Modules of the repository that the chute's file imports, against the image's add calls."""
    image = repository.image(chute)
    if repository.single:
        return
    needed = [
        (node, found.path)
        for node, name in _local_imports(chute.module)
        if name.partition(".")[0] != "chutes"  # the SDK, which every image has
        and (found := repository.find(name, chute.module)) is not None
    ]
    if not needed:
        return
    if image is None:
        if chute.value("image").known:
            for node, path in needed:
                yield at(node, f"{path} is not in the image {chute.value('image').value}")
        return
    patterns = []
    for add in image.of("add"):
        source = add.value("source")
        if not source.known or not isinstance(source.value, str):
            yield unsure(add.call, f"what the image adds cannot be seen: {source.why}")
            return
        patterns.append(source.value)
    fetched = [c for c, v in image.commands if not v.known or _FETCHES.search(str(v.value))]
    for node, path in needed:
        if any(covers(pattern, path) for pattern in patterns):
            continue
        if fetched:
            yield unsure(fetched[0].call, "a command of the image may bring the repository's code")
        else:
            yield at(node, f"{path} is imported, and the image does not add it")


_FETCHES = re.compile(
    r"git clone|git\+|\.tar|\.zip|\bpip3? install\b(?:(?!\bpip3? install\b)[^&;|])*\s\."
)


def _local_imports(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    for node in module.of(ast.Import):
        yield from ((node, alias.name) for alias in node.names)
    for imported in module.of(ast.ImportFrom):
        if imported.module and not imported.level:
            yield imported, imported.module
