from pathlib import Path

from chutes.chute import Chute
from chutes.image import Image

about = Path("README.md").read_text()
image = (
    Image(username="alice", name="demo", tag="1.0", readme="A demo.")
    .add("README.md", "/app/README.md")
)
chute = Chute(username="alice", name="demo", readme=about, image=image)


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return args
