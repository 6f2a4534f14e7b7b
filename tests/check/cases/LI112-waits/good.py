import asyncio
import time

import aiohttp
import anyio
import async_timeout
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
LIMIT = 599


@chute.cord(public_api_path="/draw")
async def draw(self, args: dict):
    async with asyncio.timeout(LIMIT):
        await self.work(args)
    async with async_timeout.timeout(LIMIT):
        await self.work(args)
    with anyio.fail_after(LIMIT):
        await self.work(args)
    with anyio.move_on_after(LIMIT):
        await self.work(args)
    await asyncio.sleep(LIMIT)
    await asyncio.wait({self.work(args)}, timeout=LIMIT)
    await asyncio.wait_for(self.work(args), timeout=LIMIT)
    return await self.ask(args, aiohttp.ClientTimeout(total=LIMIT))


@chute.cord(public_api_path="/wait")
def wait(self, args: dict):
    time.sleep(LIMIT)
    return asyncio.run(asyncio.wait_for(self.work(args)))
