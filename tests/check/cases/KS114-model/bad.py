import asyncio
import subprocess

from chutes.chute import Chute
from pydantic import BaseModel, ConfigDict, Field

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Film(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=200)
    steps: int = Field(ge=1, le=9)
    seconds: int = Field(ge=1, le=9)


class Base:
    def cut(self, address, count):
        subprocess.run(f"ffmpeg -i {address} -t {count} cut.mp4", shell=True)  # expect
        return {"cut": True}


class Model(Base):
    def film(self, request: Film, on_step):
        subprocess.run(f"sleep {request.steps}", shell=True)
        return self.convert(request.url)

    def convert(self, address):
        subprocess.run(f"ffmpeg -i {address} out.mp4", shell=True)  # expect
        return {"done": True}

    def wait(self, count):
        subprocess.run(f"sleep {count}", shell=True)
        return {"waited": True}

    def probe(self, address):
        subprocess.run("ffprobe " + address, shell=True)  # expect
        return {"probed": True}


@chute.on_startup()
async def load(self):
    self.model = Model()
    self.workshop = await open_workshop(Model, warm_up=[Model.film])


@chute.cord(public_api_path="/film")
def film(self, job: Film):
    return self.workshop.answer(job, Model.film)


@chute.cord(public_api_path="/cut")
def cut(self, args: Film):
    return self.model.cut(args.url, args.seconds)


@chute.cord(public_api_path="/probe")
async def probe(self, args: Film):
    await asyncio.to_thread(self.model.wait, args.seconds)
    return await asyncio.to_thread(self.model.probe, args.url)
