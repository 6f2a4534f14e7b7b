from chutes.chute import Chute
from chutes.util.context import is_remote

if is_remote():
    import torch

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
print(torch)
