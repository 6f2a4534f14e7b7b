"""Which workload a prototype becomes: an engine of language models, pictures, or its own code."""

from dataclasses import dataclass

from scaffold.adopt.commands import command
from scaffold.adopt.reading import Prototype
from scaffold.check.code import last

ENGINES = {
    "build_vllm_chute": ("llm", "vllm"),
    "build_sglang_chute": ("llm", "sglang"),
    "build_embedding_chute": ("llm", "vllm"),
    "build_diffusion_chute": ("image", "diffusers"),
}


@dataclass(frozen=True)
class Choice:
    """The workload, its engine, and another workload that would do as well, with a reason."""

    workload: str
    engine: str = ""
    offer: str = ""


def choose(prototype: Prototype) -> Choice:
    """What it becomes when nobody says otherwise."""
    kind = prototype.chute.kind
    if kind.builder:
        return Choice(*ENGINES[kind.name])
    found = command(prototype)
    if found is not None and found.model:
        return Choice("llm", found.engine)
    if _paints(prototype):
        return Choice(
            "custom",
            offer="This looks like a plain text-to-image pipeline: --set workload=image makes it "
            "one, with the kit's own endpoint in place of its code.",
        )
    return Choice("custom")


def _paints(prototype: Prototype) -> bool:
    """One POST that answers pictures, from a pipeline of diffusers that takes a text."""
    posts = [cord for cord in prototype.cords if not cord.is_health]
    names = [last(name) for _, name in prototype.repository.calls(prototype.module)]
    types = [cord.value("output_content_type").value for cord in posts]
    loads = any(
        name.endswith(("DiffusionPipeline.from_pretrained", "Pipeline.from_pretrained"))
        or "Text2Image" in name
        for _, name in prototype.repository.calls(prototype.module)
    )
    return (
        len(posts) == 1
        and loads
        and "from_pretrained" in names
        and all(isinstance(kind, str) and kind.startswith("image/") for kind in types)
    )
