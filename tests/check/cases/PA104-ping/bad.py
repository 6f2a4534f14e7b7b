from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="ping/", public_api_method="GET", method="GET")  # expect
def ping(self):
    return {"ok": True}
