import os
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0", max_instances=int(os.getenv("MAX_INSTANCES", "3")))  # expect
