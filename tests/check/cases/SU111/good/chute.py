from chutes.chute import Chute
from chutes.image import Image
from helpers import crop

image = Image(username="alice", name="demo", tag="1.0").add("helpers.py", "/app/helpers.py")
chute = Chute(username="alice", name="demo", image=image)
print(crop)
