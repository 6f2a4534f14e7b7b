from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.middleware("http")
async def named(request, call_next):
    request.state.user = request.headers.get("Content-Length", "0")
    return await call_next(request)


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return args
