import base64
import random
from io import BytesIO

from chutes.chute import Chute, NodeSelector
from chutes.image import Image
from fastapi import Response
from pydantic import BaseModel, Field

# Called as the kit calls its own.
MODELS = {"edit": "Qwen/Qwen-Image-Edit-2509"}
REVISION = "4711aa0d2f0a4b6f8c1e2d3c4b5a69788796a5b4"

image = (
    Image(username="alice", name="edit-picture", tag="7")
    .from_base("parachutes/python:3.12.9")
    .run_command("pip install 'diffusers==0.36.0' accelerate transformers")
    .with_env("HF_HOME", "/cache")
)
chute = Chute(
    username="alice",
    name="edit-picture",
    tagline="Edits pictures by a text",
    image=image,
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=80),
    shutdown_after_seconds=600,
    tee=True,
)


class Model(BaseModel):
    """What clients send."""

    prompt: str = Field(min_length=3)
    image_b64s: list[str] = Field(min_length=1, max_length=3)
    num_inference_steps: int = Field(default=40, ge=5, le=100)
    true_cfg_scale: float = 4.0
    seed: int | None = None


class Minimal(BaseModel):
    prompt: str = "make it night"


def open_picture(text: str):
    from PIL import Image as PIL

    return PIL.open(BytesIO(base64.b64decode(text))).convert("RGB")


def load_pipeline(name: str):
    import torch
    from diffusers import QwenImageEditPlusPipeline

    pipe = QwenImageEditPlusPipeline.from_pretrained(
        "Qwen/Qwen-Image-Edit-2509", revision=REVISION, torch_dtype=torch.bfloat16
    )
    return pipe.to("cuda")


@chute.on_startup()
async def load(self):
    self.pipe = load_pipeline(MODELS["edit"])


@chute.cord(
    public_api_path="/edit",
    input_schema=Model,
    minimal_input_schema=Minimal,
    output_content_type="image/jpeg",
)
async def edit(self, args: Model) -> Response:
    import torch

    args.seed = args.seed if args.seed is not None else random.randint(0, 2**32 - 1)
    generator = torch.Generator("cuda").manual_seed(args.seed)
    picture = self.pipe(
        prompt=args.prompt,
        image=[open_picture(each) for each in args.image_b64s],
        num_inference_steps=args.num_inference_steps,
        true_cfg_scale=args.true_cfg_scale,
        generator=generator,
    ).images[0]
    buffer = BytesIO()
    picture.save(buffer, format="JPEG", quality=92)
    buffer.seek(0)
    return Response(content=buffer.getvalue(), media_type="image/jpeg")
