import pickle
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def revive(data):
    return pickle.loads(data)  # expect
