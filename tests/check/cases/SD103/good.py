from chutes.chute import Chute
from chutes.chute.template.embedding import build_embedding_chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
print(build_embedding_chute)
