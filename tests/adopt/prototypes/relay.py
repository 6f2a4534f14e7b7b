"""A server of somebody else in the image, and cords that hand everything on to it."""
import os
from typing import Any

import aiohttp
from chutes.chute import Chute, NodeSelector
from fastapi import Request, Response

USER = os.getenv("CHUTES_USERNAME", "alice")
BASE = "http://127.0.0.1:8020"
PATHS = {"say": "/tts_to_audio"}

chute = Chute(
    username="alice",
    name="relay",
    image=f"{USER}/xtts-server:1.4",
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=16, include=["pro_6000"]),
    concurrency=6,
    tee=True,
)


@chute.middleware("http")
async def count(request: Request, call_next):
    return await call_next(request)


async def post(path: str, payload: dict) -> Any:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{BASE}{path}", json=payload) as answer:
            if answer.content_type.startswith("audio/"):
                return Response(content=await answer.read(), media_type=answer.content_type)
            return await answer.json()


@chute.on_startup()
async def wait(self):
    async with aiohttp.ClientSession() as session:
        await session.get(f"{BASE}/languages")


@chute.cord(public_api_path="/say", public_api_method="POST", output_content_type="audio/wav")
async def say(self, args: dict) -> Response:
    args.setdefault("language", "en")
    return await post(PATHS["say"], args)


@chute.cord(public_api_path="/settings", public_api_method="POST")
async def settings(self, args: dict) -> Any:
    return await post("/set_tts_settings", {"temperature": args["temperature"], **args})


@chute.cord(public_api_path="/settings/", public_api_method="POST")
async def settings_slash(self, args: dict) -> Any:
    return await post("/set_tts_settings", args)


@chute.cord(public_api_path="/languages", public_api_method="GET")
async def languages(self, args: dict) -> Any:
    return {"languages": ["en", "de"]}
