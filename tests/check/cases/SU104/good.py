import asyncio
import os
import signal
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return args


@chute.on_startup()
async def signals(self):
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
