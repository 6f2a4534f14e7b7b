from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/state", public_api_method="GET", method="GET")
def state(self, data: dict = {}):
    return {"n": 1}
