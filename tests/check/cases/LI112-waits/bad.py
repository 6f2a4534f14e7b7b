import asyncio
import time

import aiohttp
import anyio
import async_timeout
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
LIMIT = 600


@chute.cord(public_api_path="/draw")
async def draw(self, args: dict):
    async with asyncio.timeout(LIMIT):  # expect
        await self.work(args)
    async with async_timeout.timeout(LIMIT):  # expect
        await self.work(args)
    with anyio.fail_after(LIMIT):  # expect
        await self.work(args)
    with anyio.move_on_after(LIMIT):  # expect
        await self.work(args)
    await asyncio.sleep(LIMIT)  # expect
    await asyncio.wait({self.work(args)}, timeout=LIMIT)  # expect
    await asyncio.wait_for(self.work(args), timeout=LIMIT)  # expect
    return await self.ask(args, aiohttp.ClientTimeout(total=LIMIT))  # expect


@chute.cord(public_api_path="/wait")
def wait(self, args: dict):
    time.sleep(LIMIT)  # expect
    return asyncio.run(asyncio.wait_for(self.work(args)))
