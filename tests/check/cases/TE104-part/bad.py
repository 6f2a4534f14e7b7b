import os

from chutes.chute import NodeSelector
from chutes.chute.template.vllm import build_vllm_chute

TEMPLATE = os.environ["TEMPLATE"]
chute = build_vllm_chute(
    username="alice",
    model_name="a/b",
    node_selector=NodeSelector(include=["pro_6000"]),
    revision="a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    engine_args=f"--revision a1a1a1 --chat-template {TEMPLATE}",  # expect
)
