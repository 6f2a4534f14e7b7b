from words import engine

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def start(self):
    try:
        self.engine = engine()
    except Exception as error:
        print(error)
        raise


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    words = getattr(self, "engine", None)
    return words(args) if words else args
