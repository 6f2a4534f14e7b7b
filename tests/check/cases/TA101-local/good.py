import os

from chutes.chute import Chute
from chutes.image import Image

image = (
    Image(username="alice", name="demo", tag="1.0", readme="x")
)
chute = Chute(username="alice", name="demo", image=image)


@chute.cord(public_api_path="/a")
async def a(self, args: dict):
    from PIL import Image

    return {"size": Image.open("a.png").size}
