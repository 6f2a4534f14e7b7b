from contextvars import ContextVar

from chutes.chute import Chute

user: ContextVar[str] = ContextVar("user", default="nobody")
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.middleware("http")
async def named(request, call_next):
    request.state.user = request.url.path
    return await call_next(request)


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return {"for": user.get(), "n": len(args)}
