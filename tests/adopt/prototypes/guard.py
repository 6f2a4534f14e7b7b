# A guard for conversations. Everything is imported at the top, as in a notebook.
from __future__ import annotations

import os
from enum import Enum
from typing import Dict, List, Optional

import torch
import torch.nn.functional as F
from chutes.chute import Chute, NodeSelector
from chutes.image import Image
from fastapi import HTTPException
from loguru import logger
from pydantic import BaseModel, Field, field_validator
from transformers import AutoModelForSequenceClassification, AutoTokenizer

CHUTE_USER = "alice"
MODEL_ID = "ibm-granite/granite-guardian-hap-125m"
MODEL_REVISION = "3f7b2e0e2a9a4d6bb0c1d2e3f4a5b6c7d8e9f0a1"
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
MAX_TOKENS = 512


image = Image(username=CHUTE_USER, name="guard", tag="1.2", readme="guard")
image.from_base("nvidia/cuda:12.4.1-devel-ubuntu22.04")
image.with_python("3.11")
image.run_command("pip install --upgrade pip && pip install 'transformers>=4.40' torch sentencepiece")
image.with_env("HF_HUB_ENABLE_HF_TRANSFER", "1").with_env("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")

selector = NodeSelector(gpu_count=1, min_vram_gb_per_gpu=24, include=["l40s", "PRO_6000"])

chute = Chute(
    username=CHUTE_USER,
    name="Guard_HAP",
    tagline="Says whether a conversation is fit to be answered",
    readme="# Guard",
    image=image,
    node_selector=selector,
    concurrency=8,
    shutdown_after_seconds=30,
)


class Role(str, Enum):
    user = "user"
    assistant = "assistant"


class Message(BaseModel):
    role: Role
    content: str = Field(..., min_length=1)


class ClassifyInput(BaseModel):
    """Either a query or messages."""

    query: Optional[str] = None
    messages: Optional[List[Message]] = Field(default=None, description="The conversation")
    threshold: float = Field(0.5, ge=0.0, le=1.0)
    tags: Dict[str, str] = {}

    @field_validator("query")
    @classmethod
    def not_blank(cls, v):
        if v is not None and not v.strip():
            raise ValueError("is blank")
        return v


@torch.inference_mode()
def score(model, tokenizer, text: str) -> torch.Tensor:
    """How likely each class is."""
    batch = tokenizer(text, return_tensors="pt", truncation=True, max_length=MAX_TOKENS).to(DEVICE)
    return F.softmax(model(**batch).logits, dim=-1)[0]  # one text


def flatten(messages: List[Message]) -> str:
    text = """
    the conversation
"""
    return text + "\n".join(f"{m.role.value}: {m.content}" for m in messages)


@chute.on_startup()
async def startup(self):
    self.tokenizer = AutoTokenizer.from_pretrained(MODEL_ID, revision=MODEL_REVISION)
    self.model = AutoModelForSequenceClassification.from_pretrained(
        MODEL_ID,
        revision=MODEL_REVISION,  # pinned
        torch_dtype=torch.float16,
    ).to(DEVICE)
    logger.info("ready")


@chute.cord(
    public_api_path="/v1/classify",
    public_api_method="POST",
    input_schema=ClassifyInput,
    output_content_type="application/json",
)
async def classify(self, params: ClassifyInput):
    if params.query is None and not params.messages:
        raise HTTPException(status_code=422, detail="query or messages is needed")
    try:
        text = params.query if params.query is not None else flatten(params.messages)
        result = score(self.model, self.tokenizer, text)
    except HTTPException:
        raise
    except RuntimeError as exc:
        raise HTTPException(status_code=500, detail=str(exc))
    flagged = bool(result[1] > params.threshold)
    return {"flagged": flagged, "scores": result.tolist(), "model": MODEL_ID}


@chute.cord(public_api_path="/health", public_api_method="GET", method="GET")
async def health(self):
    return {"ok": True}


if __name__ == "__main__":
    print(os.environ.get("HOME"))
