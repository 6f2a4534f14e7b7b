import base64
import io

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def opened(data):
    from PIL import Image

    return Image.open(data)


@chute.cord(public_api_path="/size")
async def size(self, args: dict):
    from PIL import Image

    return {"size": Image.open(args["path"]).size}  # expect


@chute.cord(public_api_path="/sent")
async def sent(self, args: dict):
    from PIL import Image

    data = io.BytesIO(base64.b64decode(args["image_b64"]))
    return {"sizes": [Image.open(data).size, opened(data).size]}
