from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0")
