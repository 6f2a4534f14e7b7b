"""Several small models in one chute."""
import logging
from functools import lru_cache

from chutes.chute import Chute, NodeSelector
from chutes.image import Image
from pydantic import BaseModel

log = logging.getLogger(__name__)
COMMITS = {
    "intfloat/multilingual-e5-small": "1111111111111111111111111111111111111111",
    "cross-encoder/ms-marco-MiniLM-L6-v2": "2222222222222222222222222222222222222222",
}
image = (
    Image(username="alice", name="several", tag="12")
    .from_base("parachutes/python:3.12.9")
    .run_command("pip install sentence-transformers==5.2.0")
)
chute = Chute(
    username="alice",
    name="several",
    image=image,
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=16),
    concurrency=16,
    tee=True,
)


class Texts(BaseModel):
    texts: list[str]
    normalize: bool = True


class Pairs(BaseModel):
    query: str
    documents: list[str]
    top_k: int = 10


class Nothing(BaseModel):
    pass


@lru_cache(maxsize=64)
def prefix(kind: str) -> str:
    return f"{kind}: "


@chute.on_startup(priority=20)
async def second(self):
    from sentence_transformers import CrossEncoder

    self.ranker = CrossEncoder(
        "cross-encoder/ms-marco-MiniLM-L6-v2", revision="2222222222222222222222222222222222222222"
    )
    log.info("ranker is there")


@chute.on_startup(priority=10)
async def first(app):
    from sentence_transformers import SentenceTransformer

    app.embedder = SentenceTransformer(
        "intfloat/multilingual-e5-small", revision="1111111111111111111111111111111111111111"
    )


@chute.cord(public_api_path="/embed")
async def embed(self, args: Texts):
    vectors = self.embedder.encode([prefix("query") + text for text in args.texts], normalize_embeddings=args.normalize)
    return [vector.tolist() for vector in vectors]


@chute.cord(public_api_path="/rank", public_api_method="POST", method="POST")
async def rank(self, args: Pairs):
    scores = self.ranker.predict([(args.query, document) for document in args.documents])
    order = sorted(range(len(scores)), key=lambda place: -scores[place])[: args.top_k]
    return {"order": order, "scores": [float(scores[place]) for place in order]}


@chute.cord(public_api_path="/commits", public_api_method="GET", method="GET")
def commits(self):
    return COMMITS


@chute.cord(path="warm")
async def warm(self, args: Nothing) -> dict:
    self.embedder.encode(["x"])
    return {"warm": True}


@chute.job()
async def reindex(self, **data):
    return {"done": True}
