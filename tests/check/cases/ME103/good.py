from chutes.chute import Chute
from prometheus_client import generate_latest

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
print(generate_latest())
