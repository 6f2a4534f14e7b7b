import requests
from chutes.chute import Chute
from pydantic import BaseModel, ConfigDict, Field

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
ENGINE = "http://127.0.0.1:10101"


class Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=200)


class Model:
    def __init__(self, folders):
        self.table = requests.get("https://example.com/table.json").json()

    def look(self, request: Ask, on_step):
        requests.post(f"{ENGINE}/look", json={"url": request.url})
        return requests.get(request.url).content  # expect


class Tell:
    def look(self, request: Ask, on_step):
        return requests.get(request.url).content


@chute.on_startup()
async def load(self):
    self.workshop = await open_workshop(Model)


@chute.cord(public_api_path="/look")
def look(self, job: Ask):
    return self.workshop.answer(job, Model.look, "image/png")
