"""Pictures from a text, in the way of the first releases of the SDK."""
from io import BytesIO
from typing import Optional
from chutes.chute import Chute, NodeSelector
from chutes.image import Image
from fastapi import Response
from pydantic import BaseModel, Field

chute = Chute(
    username="alice",
    name="paint",
    readme="Paints",
    image=Image(username="alice", name="paint", tag="0.0.3")
    .from_base("parachutes/python:3.12.9")
    .with_maintainer("alice@example.com")
    .set_workdir("/app")
    .run_command("pip install diffusers transformers accelerate"),
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=24, require_sxm=False),
)

class Args(BaseModel):
    prompt: str
    height: Optional[int] = Field(1024, ge=128, le=2048)
    width: Optional[int] = Field(1024, ge=128, le=2048)
    num_inference_steps: Optional[int] = Field(30, ge=1, le=80)
    seed: Optional[int] = Field(None, ge=0, le=4294967295)

@chute.on_startup()
async def init_pipeline(self):
    import torch
    from diffusers import DiffusionPipeline
    self.torch = torch
    self.pipeline = DiffusionPipeline.from_pretrained("stabilityai/stable-diffusion-xl-base-1.0", torch_dtype=torch.float16, use_safetensors=True)
    self.pipeline.to("cuda")

@chute.cord(public_api_path="/generate", method="POST", provision_timeout=120, output_content_type="image/png")
async def generate(self, args: Args) -> Response:
    generator = self.torch.Generator("cuda")
    if args.seed is not None: generator.manual_seed(args.seed)
    made = self.pipeline(args.prompt, height=args.height, width=args.width, num_inference_steps=args.num_inference_steps, generator=generator)
    buffer = BytesIO(); made.images[0].save(buffer, format="PNG")
    return Response(buffer.getvalue(), media_type="image/png", headers={"X-Seed": str(args.seed)})
