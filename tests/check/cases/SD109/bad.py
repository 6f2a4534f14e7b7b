from chutes.chute import NodeSelector
from chutes.chute.template.vllm import build_vllm_chute

chute = build_vllm_chute(
    username="alice",
    model_name="acme/demo-8b",
    revision="0123456789abcdef0123456789abcdef01234567",
    image="chutes/vllm:nightly-2025111700",
    node_selector=NodeSelector(gpu_count=1, include=["pro_6000"]),
    tee=True,
)
inner = chute.chute


@chute.on_startup()  # expect
async def load(self):
    self.words = set()


@chute.cord(public_api_path="/words")  # expect
async def words(self, data: dict):
    return {"words": sorted(self.words)[:100], "n": len(data)}


@inner.cord(public_api_path="/count")
async def count(self, data: dict):
    return {"count": len(self.words), "n": len(data)}
