"""Whisper, with segments."""
from typing import List, Optional
from pydantic import BaseModel, Field
from chutes.image import Image
from chutes.chute import Chute, NodeSelector

MODEL = "openai/whisper-large-v3-turbo"

class Segment(BaseModel):
    start: float
    end: Optional[float]
    text: str

class Transcript(BaseModel):
    text: str
    segments: List[Segment]

class TranscriptionArgs(BaseModel):
    audio_b64: str = Field(description="WAV or MP3")
    language: Optional[str] = Field(None, max_length=8)

image = Image(username="alice", name="whisper", tag="3").from_base("parachutes/python:3.12.9").apt_install("ffmpeg").run_command("pip install torch torchaudio==2.11.0 librosa")

chute = Chute(
    username="alice", name="whisper-turbo", image=image,
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=16, include=["pro_6000"]),
    tee=True, concurrency=1,
)

@chute.on_startup()
async def initialize_pipeline(self):
    import torch
    from transformers import AutoModelForSpeechSeq2Seq, AutoProcessor, pipeline

    model = AutoModelForSpeechSeq2Seq.from_pretrained(MODEL, torch_dtype=torch.float16).to("cuda")
    processor = AutoProcessor.from_pretrained(MODEL)
    self.pipe = pipeline(
        "automatic-speech-recognition",
        model=model, tokenizer=processor.tokenizer,
        feature_extractor=processor.feature_extractor,
    )

@chute.cord(public_api_path="/transcribe", public_api_method="POST")
async def transcribe(self, args: TranscriptionArgs) -> Transcript:
    from base64 import b64decode
    generate = {"language": args.language} if args.language else {}
    result = self.pipe(b64decode(args.audio_b64), return_timestamps=True, generate_kwargs=generate)
    return Transcript(
        text=result["text"],
        segments=[Segment(start=c["timestamp"][0], end=c["timestamp"][1], text=c["text"]) for c in result["chunks"]],
    )
