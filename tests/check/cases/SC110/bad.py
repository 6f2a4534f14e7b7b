import asyncio
import time

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/poll")
async def poll(self, args: dict):
    time.sleep(1)  # expect
    await asyncio.sleep(0)
    return args


@chute.cord(public_api_path="/wait")
def wait(self, args: dict):
    time.sleep(1)
    return args
