"""Film from a text and up to two pictures. One at a time, several minutes each."""
import asyncio
import os
import tempfile
import uuid
from typing import Literal, Optional

from chutes.chute import Chute, NodeSelector
from chutes.image import Image
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

import numpy as np
import torch

DTYPE = torch.bfloat16
FRAMES_PER_SECOND = 24
ASPECTS = {"16:9": (1216, 704), "9:16": (704, 1216), "1:1": (960, 960)}

image = (
    Image(username="alice", name="film", tag="0.3")
    .from_base("parachutes/base-python:3.12.9")
    .run_command(
        "pip install diffusers==0.36.0 imageio==2.37.2 imageio-ffmpeg==0.6.0"
    )
    .with_entrypoint(["python"])
)
chute = Chute(
    username="alice",
    name="film",
    image=image,
    concurrency=1,
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=80, include=["h100", "h200"]),
    encrypted_fs=True,
    min_instances=1,
)


class FilmArgs(BaseModel):
    prompt: str = Field(..., max_length=4000)
    first_image_b64: Optional[str] = None
    last_image_b64: Optional[str] = None
    duration: int = Field(5, ge=4, le=10)
    aspect_ratio: Literal["16:9", "9:16", "1:1"] = "16:9"
    num_inference_steps: int = 30

    class Config:
        json_schema_extra = {"example": {"prompt": "a harbour at dawn", "duration": 4}}


def frames(seconds: int) -> int:
    return seconds * FRAMES_PER_SECOND + 1


def as_array(film: torch.Tensor) -> np.ndarray:
    return film.float().cpu().numpy()


@chute.on_startup()
async def load(self):
    from diffusers import LTXPipeline

    self.lock = asyncio.Lock()
    self.pipe = LTXPipeline.from_pretrained(
        "Lightricks/LTX-Video", revision="fedcba9876543210fedcba9876543210fedcba98", torch_dtype=DTYPE
    ).to("cuda")


@chute.on_shutdown()
async def close(self):
    print("bye")


@chute.cord(public_api_path="/generate", output_content_type="video/mp4")
async def generate(self, args: FilmArgs) -> FileResponse:
    import imageio

    width, height = ASPECTS[args.aspect_ratio]
    path = os.path.join(tempfile.gettempdir(), f"{uuid.uuid4()}.mp4")

    def run():
        made = self.pipe(
            prompt=args.prompt, width=width, height=height, num_frames=frames(args.duration),
            num_inference_steps=args.num_inference_steps, output_type="pt",
        )
        imageio.mimwrite(path, (as_array(made.frames[0]) * 255).astype(np.uint8), fps=FRAMES_PER_SECOND)

    async with self.lock:
        await asyncio.get_running_loop().run_in_executor(None, run)
    return FileResponse(path, media_type="video/mp4")
