from chutes.chute import Chute
from prometheus_client import Counter

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
A = Counter("requests", "...")
B = Counter("requests", "...")  # expect
