from chutes.chute import Chute
from chutes.chute.template.vllm import build_vllm_chute

art = Chute(username="alice", name="Letter-art", image="alice/demo:1.0")
tuned = Chute(username="alice", name="refining", image="alice/demo:1.0")
llm = build_vllm_chute(username="alice", model_name="alice/fine-7b", node_selector=None)
