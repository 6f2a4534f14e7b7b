from chutes.chute import NodeSelector
from chutes.chute.template.diffusion import build_diffusion_chute

chute = build_diffusion_chute(username="alice", model_name_or_url="a/b", node_selector=NodeSelector(include=["pro_6000"]))  # expect
