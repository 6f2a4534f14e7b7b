from chutes.image import Image

image = Image(username="alice", name="Demo", tag="1.0")  # expect
