from helpers import SIZE

from chutes.chute import Chute
from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0", readme="x")
image.add("helpers.py", "/app/helpers.py")
chute = Chute(username="alice", name=f"demo-{SIZE}", image=image)
