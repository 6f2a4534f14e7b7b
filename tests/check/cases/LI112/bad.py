import asyncio
import subprocess
import threading

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
LIMIT = 10 * 60


class Engine:
    """A model in another process."""

    def ask(self, text):
        """Waits for its answer."""
        return subprocess.run(["engine", text], timeout=LIMIT)  # expect


@chute.on_startup()
async def load(self):
    self.engine = Engine()
    await asyncio.wait_for(asyncio.sleep(1), 1800)


async def draw(prompt):
    done = threading.Event()
    done.wait(timeout=LIMIT - 1)
    return await asyncio.wait_for(asyncio.sleep(1, prompt), LIMIT)  # expect


@chute.cord(public_api_path="/draw")
async def picture(self, args: dict):
    return await draw(args["prompt"])


@chute.cord(public_api_path="/ask")
def answer(self, args: dict):
    return self.engine.ask(args["text"])


@chute.job(timeout=7200)
async def train(self, **options):
    await asyncio.wait_for(asyncio.sleep(1), 3600)
