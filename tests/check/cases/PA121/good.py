from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def answer(self, one):
    return {"length": len(one)}


@chute.cord(public_api_path="/single", stream=False)
def single(self, args: dict):
    return answer(self, args)


@chute.cord(public_api_path="/batch")
def batch(self, args: dict):
    return [answer(self, one) for one in args.values()]
