from chutes.chute import Chute
from functools import lru_cache

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@lru_cache(maxsize=None)  # expect
def embed(text):
    return text
