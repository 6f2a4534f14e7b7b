from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
WORD_CACHE: dict[str, int] = {}


@chute.cord(public_api_path="/count")
def count(self, args: dict):
    words = str(args)
    WORD_CACHE["last"] = len(words)
    return WORD_CACHE
