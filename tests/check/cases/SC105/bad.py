import asyncio
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
async def generate(self, args: dict):
    asyncio.create_task(save(args))  # expect
    return args
