"""Voice cloning: a reference and its text, then what to say."""
import asyncio
import base64
import tempfile
from pathlib import Path
from typing import Optional

from chutes.chute import Chute, NodeSelector
from chutes.image import Image as ChuteImage
from fastapi import HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field

image = (
    ChuteImage(username="alice", name="clone", tag="0.0.9")
    .from_base("parachutes/python:3.12.9")
    .run_command("pip install qwen-tts==0.1.1 soundfile==0.14.0")
)

chute = Chute(
    username="alice",
    name="voice-clone",
    image=image,
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=48, max_hourly_price_per_gpu=2.5),
    concurrency=2,
    tee=True,
)


class CloneRequest(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        populate_by_name=True,
        json_schema_extra={"example": {"text": "Good morning.", "ref_text": "It is late.", "language": "en"}},
    )

    text: str
    ref_audio_b64: Optional[str] = Field(default=None, alias="refAudio")
    ref_text: str = Field("", max_length=1000)
    language: str = Field("en", pattern="^[a-z]{2}$")
    seed: int | None = None


@chute.on_startup(priority=10)
async def fetch(self):
    from huggingface_hub import hf_hub_download, snapshot_download

    self.folder = snapshot_download("Qwen/Qwen3-TTS-12Hz-1.7B-Base", revision="0123456789abcdef0123456789abcdef01234567")
    self.speaker = hf_hub_download(
        repo_id="someone/speaker-embedder",
        filename="encoder.onnx",
        revision="89abcdef0123456789abcdef0123456789abcdef",
    )


@chute.on_startup(priority=20)
async def load(self):
    from qwen_tts import QwenTTS

    self.lock = asyncio.Lock()
    self.model = await asyncio.to_thread(QwenTTS, self.folder, self.speaker)


@chute.cord(public_api_path="/clone", output_content_type="audio/wav")
async def clone(self, request: CloneRequest) -> Response:
    """Speak with somebody's voice."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reference.wav"
        if request.ref_audio_b64:
            path.write_bytes(base64.b64decode(request.ref_audio_b64))
        async with self.lock:
            try:
                wav = await asyncio.to_thread(
                    self.model.speak, request.text, path, request.ref_text, seed=request.seed
                )
            except ValueError as error:
                raise HTTPException(400, f"the reference is of no use: {error}")
    return Response(content=wav, media_type="audio/wav")
