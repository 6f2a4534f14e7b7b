from chutes.image import Image

image = Image(username="alice", name="demo", tag="latest")  # expect
