from chutes.chute import Chute
from chutes.chute.template.vllm import build_vllm_chute

art = Chute(username="alice", name="Glyph-art", image="alice/demo:1.0")  # expect
tuned = Chute(username="alice", name="raffinement", image="alice/demo:1.0")  # expect
llm = build_vllm_chute(username="alice", model_name="alice/affine-7b", node_selector=None)  # expect
