from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    self.pipe = object()
    prepare(self)


def prepare(app):
    app.model = object()


@chute.cord(public_api_path="/a")
async def a(self, args: dict):
    return {"n": len(self.pipe(args["prompt"]))}


@chute.cord(public_api_path="/b")
async def b(self, args: dict):
    return [self.model.generate(args["prompt"]), self.name, self.concurrency]
