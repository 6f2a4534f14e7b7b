from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="chutes/vllm:nightly-2025111700")
