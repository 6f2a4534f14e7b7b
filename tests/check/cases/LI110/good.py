from chutes.chute import Chute
from chutes.chute.job import Port

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.job(ports=[Port(name="ui", port=17860, proto="http")])
async def train(self, args: dict): ...
