from chutes.chute import NodeSelector
from chutes.chute.template.sglang import build_sglang_chute

chute = build_sglang_chute(  # expect
    username="alice",
    model_name="acme/demo-8b",
    image="chutes/sglang:nightly-2025111700",
    node_selector=NodeSelector(include=["pro_6000"]),
    engine_args="--context-length 8192",
)
