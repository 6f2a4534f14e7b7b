from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.job(timeout=86400)
async def train(self, args: dict): ...
