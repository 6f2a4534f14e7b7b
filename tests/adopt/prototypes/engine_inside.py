"""vLLM as a process beside the chute, with cords that pass requests on."""
import asyncio
import subprocess

import aiohttp
from chutes.chute import Chute, NodeSelector
from chutes.image import Image

MODEL = "Qwen/Qwen3-14B"
COMMIT = "40c069824f4251a91eefaf281ebe4c544efd3e18"
PORT = 8000

image = (
    Image(username="alice", name="qwen", tag="9")
    .from_base("chutes/vllm:0.11.0")
    .run_command("pip install vllm==0.11.0")
)
chute = Chute(
    username="alice",
    name="qwen-inside",
    standard_template="vllm",
    image=image,
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=80),
    concurrency=32,
    tee=True,
)


@chute.on_startup()
async def start(self):
    self.engine = subprocess.Popen(
        [
            "python", "-m", "vllm.entrypoints.openai.api_server",
            "--model", MODEL, "--revision", COMMIT,
            "--port", str(PORT), "--max-model-len", "16384",
            "--tool-call-parser", "hermes", "--swap-space", "8",
        ]
    )
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{PORT}/health") as answer:
                    if answer.status == 200:
                        break
            except aiohttp.ClientError:
                await asyncio.sleep(1)


@chute.cord(
    path="/chat", passthrough=True, passthrough_path="/v1/chat/completions", passthrough_port=PORT,
    public_api_path="/v1/chat/completions", method="POST", stream=True,
)
async def chat_stream(data):
    return data


@chute.cord(
    path="/chat_whole", passthrough=True, passthrough_path="/v1/chat/completions", passthrough_port=PORT,
    public_api_path="/v1/chat/completions", method="POST",
)
async def chat(data):
    return data


@chute.cord(path="/score", passthrough=True, passthrough_path="/score", public_api_path="/score")
async def score(data):
    return data
