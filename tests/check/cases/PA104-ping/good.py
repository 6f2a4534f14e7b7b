from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/v1/ping", public_api_method="GET", method="GET")
def ping(self):
    return {"ok": True}
