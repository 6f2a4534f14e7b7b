from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").with_env("DO_NOT_TRACK", "1")
