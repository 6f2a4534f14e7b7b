from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/quote", public_api_method="GET", method="GET")
def rates(self):
    return {"rates": self.rates}


@chute.on_startup()
def load(self):
    self.rates = [1, 2]
