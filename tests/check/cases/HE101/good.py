from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/health", public_api_method="GET", method="GET")
def health(self):
    return {'in_flight': self.in_flight}
