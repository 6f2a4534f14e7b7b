import time
from chutes.image import Image

image = Image(username="alice", name="demo", tag=str(time.time()))  # expect
