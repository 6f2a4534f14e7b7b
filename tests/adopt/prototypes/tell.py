"""A story as events, token by token."""
import asyncio
import json
from threading import Thread

from chutes.chute import Chute, NodeSelector
from chutes.image import Image
from pydantic import BaseModel, Field

image = Image(username="alice", name="tell", tag="1").from_base("parachutes/python:3.12.9").run_command("pip install transformers torch")
chute = Chute(username="alice", name="tell", image=image, node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=24), concurrency=4, tee=True)


class StoryArgs(BaseModel):
    prompt: str = Field(max_length=2000)
    max_tokens: int = Field(256, ge=1, le=2048)


@chute.on_startup()
async def load(self):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    name, commit = "HuggingFaceTB/SmolLM2-360M-Instruct", "a10cc1512eabd3dde888204e902eca88bddb4951"
    self.tokenizer = AutoTokenizer.from_pretrained(name, revision=commit)
    self.model = AutoModelForCausalLM.from_pretrained(name, revision=commit).to("cuda")


@chute.cord(public_api_path="/tell", stream=True, output_content_type="text/event-stream")
async def tell(self, args: StoryArgs):
    from transformers import TextIteratorStreamer

    streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True)
    inputs = self.tokenizer(args.prompt, return_tensors="pt").to("cuda")
    thread = Thread(target=self.model.generate, kwargs={**inputs, "streamer": streamer, "max_new_tokens": args.max_tokens})
    thread.start()
    for piece in streamer:
        yield f"data: {json.dumps({'text': piece})}\n\n"
        await asyncio.sleep(0)
    yield "data: [DONE]\n\n"


@chute.cord(public_api_path="/tell_plain", stream=True)
def tell_plain(self, args: StoryArgs):
    for word in args.prompt.split():
        yield word + " "
