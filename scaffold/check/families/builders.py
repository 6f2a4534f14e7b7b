"""TE: the SDK's ready-made chutes."""

import ast
import difflib
import re
from collections.abc import Iterator

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.declared import Chute, at, renamed
from scaffold.check.model import Answer, Severity

_INSTEAD = {
    ("build_vllm_chute", "name"): "model_name, which is the chute's name too",
    ("build_sglang_chute", "name"): "model_name, which is the chute's name too",
    ("build_embedding_chute", "name"): "model_name, which is the chute's name too",
    ("build_diffusion_chute", "model_name"): "name and model_name_or_url",
}
_ENGINE = "engine_args, one text of command line options"
_REMEDY = {
    "build_vllm_chute": f"Settings of vLLM belong into {_ENGINE}; those of one answer into the "
    "request.",
    "build_sglang_chute": f"Settings of SGLang belong into {_ENGINE}; those of one answer into "
    "the request.",
    "build_embedding_chute": f"Settings of vLLM belong into {_ENGINE}; pooling_type and "
    "max_embed_len are arguments.",
    "build_diffusion_chute": "What the pipeline is loaded with belongs into the dict "
    "pipeline_args; steps, guidance and size into the request.",
}


@check(
    "TE101",
    "The builder has no such argument",
    Severity.BREAKS,
    each="chute",
    why="""The builders take exactly the arguments in their signature and raise TypeError for
    others. Much of what the documentation passes does not exist.""",
    fix="""Remove it: what an engine or a pipeline is started with belongs into engine_args or
    pipeline_args, what one answer is made with into the request.""",
    before='build_vllm_chute(name="my-llm", model_name=MODEL, temperature=0.7, ...)',
    after='build_vllm_chute(model_name=MODEL, engine_args="--max-model-len 8192", ...)',
)
def unknown(chute: Chute) -> Iterator[Answer]:
    """Keywords outside of the signature."""
    if not chute.kind.builder:
        return
    known = chute.kind.parameters
    for name, keyword in chute.arguments.keywords.items():
        if name not in known:
            instead = _INSTEAD.get((chute.kind.name, name))
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            hint = instead or (near[0] if near else "")
            told = f"; use {hint}" if hint else ""
            rename = not instead and near and near[0] not in chute.arguments
            edits = [renamed(keyword, near[0])] if rename else []
            advice = f"Write {near[0]} instead of {name}." if rename else _REMEDY[chute.kind.name]
            yield at(keyword, f"{chute.kind.name} has no {name}{told}", *edits, fix=advice)


@check(
    "TE102",
    "engine_args is not a text",
    Severity.BREAKS,
    each="chute",
    why="""engine_args are command line options in one text. A dict passes the vLLM builder and
    fails when the engine starts; the SGLang builder raises TypeError.""",
    fix='engine_args="--max-model-len 8192 --gpu-memory-utilization 0.9"',
    before='engine_args={"max_model_len": 8192}',
    after='engine_args="--max-model-len 8192"',
)
def engine_args(chute: Chute) -> Iterator[Answer]:
    """Dicts and lists."""
    if chute.kind.builder and "engine_args" in chute.arguments:
        node = chute.arguments.node("engine_args")
        made = isinstance(node, ast.Call) and ast.unparse(node.func) == "dict"
        if node is not None and (made or isinstance(node, ast.Dict | ast.List | ast.Tuple)):
            yield at(node, "engine_args must be one text")


@check(
    "TE103",
    "The builder needs a revision",
    Severity.BREAKS,
    each="chute",
    why="Without revision= the three engine builders raise ValueError at import.",
    fix="Pass the commit of the model, 40 hex digits.",
    before='build_vllm_chute(username="alice", model_name=MODEL, node_selector=selector)',
    after='build_vllm_chute(..., revision="b968826d9c46dd6066d109eabc6255188de91218")',
)
def no_revision(chute: Chute) -> Iterator[Answer]:
    """Left out or None; TE104 is about one that stands in engine_args."""
    if chute.kind.builder and chute.kind.name != "build_diffusion_chute":
        value = chute.value("revision")
        missing = not value.given or (value.known and value.value is None)
        if missing and not _revision_of(chute):
            yield at(chute.node, f"{chute.kind.name} raises without revision")


@check(
    "TE104",
    "The revision stands in engine_args",
    Severity.BREAKS,
    each="chute",
    why="The builders refuse --revision in engine_args: it has become an argument of its own.",
    fix="revision=... as an argument of the builder.",
    before='engine_args="--revision b968826d..."',
    after='revision="b968826d9c46dd6066d109eabc6255188de91218"',
)
def revision_inside(chute: Chute) -> Iterator[Answer]:
    """The option in a text that can be seen, or in a part of it."""
    found = _revision_of(chute)
    if found:
        remedy = f'Take it out of the text and pass revision="{found}" to {chute.kind.name}().'
        yield at(chute.value("engine_args").node, "--revision is refused here", fix=remedy)


def _revision_of(chute: Chute) -> str:
    """What --revision says in engine_args; `...` stands for what of it cannot be seen."""
    value, node = chute.value("engine_args"), chute.arguments.node("engine_args")
    text = value.value
    if isinstance(node, ast.JoinedStr) and not value.known:
        shown = (part.value if isinstance(part, ast.Constant) else "..." for part in node.values)
        text = "".join(map(str, shown))
    if not chute.kind.builder or not isinstance(text, str):
        return ""
    found = re.search(r"--revision(?:\s*=\s*|\s+)(\S+)", text)
    return found[1] if found else ""


@check(
    "TE105",
    "The builder lacks an argument",
    Severity.BREAKS,
    each="chute",
    why="A required argument that is left out is a TypeError at import.",
    fix="Pass it.",
    before=(
        'build_diffusion_chute(username="alice", model_name_or_url=MODEL, node_selector=selector)'
    ),
    after='build_diffusion_chute(username="alice", name="sdxl", model_name_or_url=MODEL, ...)',
)
def required(chute: Chute) -> Iterator[Answer]:
    """The signature's parameters without defaults."""
    if chute.kind.builder:
        for name in sdk.REQUIRED[chute.kind.name]:
            if not chute.value(name).given:
                yield at(chute.node, f"{chute.kind.name} needs {name}")
