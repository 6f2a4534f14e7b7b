from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.job(timeout=29)  # expect
async def train(self, args: dict): ...
