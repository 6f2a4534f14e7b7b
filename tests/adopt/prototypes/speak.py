"""Text to speech with a small model, after the example of Kokoro."""
import io
from typing import Literal

from fastapi import Response
from pydantic import BaseModel, Field

from chutes.chute import Chute, NodeSelector
from chutes.image import Image

image = (
    Image(username="alice", name="speak", tag="2.0.1", readme="Speaks")
    .from_base("parachutes/python:3.12.9")
    .set_user("root")
    .run_command("apt-get update && apt-get -y install espeak-ng git && rm -rf /var/lib/apt/lists/*")
    .set_user("chutes")
    .run_command("pip install --no-cache-dir kokoro==0.9.4 soundfile numpy")
    .run_command("pip install git+https://github.com/example/misaki.git")
)

chute = Chute(
    username="alice",
    name="speak",
    tagline="Speech from text, 24 kHz",
    image=image,
    node_selector=NodeSelector(
        gpu_count=1,
        min_vram_gb_per_gpu=16,
    ),
    concurrency=3,
    max_instances=4,
    scaling_threshold=0.6,
    allow_external_egress=True,
)

VOICES = {
    "af_heart": "a",  # American
    "bf_emma": "b",  # British
}
SAMPLE_RATE = 24_000


class SpeakArgs(BaseModel):
    text: str = Field(..., max_length=5000, description="What to say", examples=["Hello there."])
    voice: Literal["af_heart", "bf_emma"] = "af_heart"
    speed: float = Field(default=1.0, ge=0.1, le=5)


@chute.on_startup()
async def load(self):
    from kokoro import KPipeline

    self.pipelines = {code: KPipeline(lang_code=code) for code in set(VOICES.values())}


@chute.cord(
    path="say",
    public_api_path="/speak",
    public_api_method="POST",
    output_content_type="audio/wav",
)
async def speak(self, args: SpeakArgs) -> Response:
    """Say a text."""
    import numpy as np
    import soundfile as sf

    pieces = []
    for _, _, audio in self.pipelines[VOICES[args.voice]](args.text, voice=args.voice, speed=args.speed):
        pieces.append(audio)
    buffer = io.BytesIO()
    sf.write(buffer, np.concatenate(pieces), SAMPLE_RATE, format="WAV")
    return Response(
        content=buffer.getvalue(),
        media_type="audio/wav",
        headers={"Content-Disposition": "attachment; filename=speech.wav"},
    )


@chute.cord(public_api_path="/voices", public_api_method="GET", method="GET")
async def voices(self):
    return {"voices": sorted(VOICES), "sample_rate": SAMPLE_RATE}
