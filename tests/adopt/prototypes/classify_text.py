"""Sentiment of short texts."""

from chutes.chute import Chute, NodeSelector
from chutes.image import Image
from pydantic import BaseModel

image = (
    Image(username="alice", name="sentiment", tag="0.1")
    .from_base("parachutes/python:3.12.9")
    .run_command("pip install torch transformers==5.23.0 einops==0.8.1")
    .with_env("TOKENIZERS_PARALLELISM", "false")
)

chute = Chute(
    username="alice",
    name="sentiment",
    image=image,
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=16),
    concurrency=4,
)

# What the model calls its classes.
LABELS = {0: "negative", 1: "positive"}


class Query(BaseModel):
    """A text to look at."""

    text: str
    threshold: float = 0.5


def tidy(text: str) -> str:
    # Line ends are of no interest.
    return " ".join(text.split())


@chute.on_startup()
async def load(self):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    name = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
    revision = "714eb0fa89d2f80546fda750413ed43d93601a13"
    self.tokenizer = AutoTokenizer.from_pretrained(name, revision=revision)
    # Half precision would do as well.
    self.model = AutoModelForSequenceClassification.from_pretrained(name, revision=revision)


@chute.cord(public_api_path="/classify", output_content_type="application/json")
async def classify(self, args: Query) -> dict:
    inputs = self.tokenizer(tidy(args.text), return_tensors="pt")
    scores = self.model(**inputs).logits.softmax(-1)[0].tolist()
    best = max(range(len(scores)), key=scores.__getitem__)
    if scores[best] < args.threshold:
        return {"label": "unsure", "score": float(scores[best])}
    return {"label": LABELS[best], "score": float(scores[best])}
