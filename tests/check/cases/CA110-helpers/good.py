import asyncio
import os

import aiohttp
import httpx
import requests
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0", allow_external_egress=True)
ENGINE = "http://127.0.0.1:10101"


@chute.on_startup()
async def load(self):
    requests.get("https://example.com/weights.json")
    self.local = requests.Session()


async def download(url):
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            return await answer.read()


def fetch(url):
    return requests.get(url).content


@chute.cord(public_api_path="/a")
async def a(self, args: dict):
    return len(await download(args["url"]))


@chute.cord(public_api_path="/b")
def b(self, args: dict):
    return len(fetch(url=args["url"]))


@chute.cord(public_api_path="/c")
async def c(self, args: dict):
    async with httpx.AsyncClient(base_url=ENGINE) as engine:
        await engine.post("/generate", json=args)
    async with httpx.AsyncClient() as client:
        return (await client.get(args["url"])).json()


@chute.cord(public_api_path="/d")
def d(self, args: dict):
    from diffusers.utils import load_image

    load_image("/cache/mask.png")
    return load_image(args["image"]).size


@chute.cord(public_api_path="/e")
async def e(self, args: dict):
    os.system("wget https://example.com/a.bin")
    await asyncio.create_subprocess_exec("ffmpeg", "-i", args["video_url"], "out.mp4")
    return self.local.get(f"{ENGINE}/health").json()
