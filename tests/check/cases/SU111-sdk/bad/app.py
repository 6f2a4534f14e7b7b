from helpers import SIZE  # expect

from chutes.chute import Chute
from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0", readme="x")
chute = Chute(username="alice", name=f"demo-{SIZE}", image=image)
