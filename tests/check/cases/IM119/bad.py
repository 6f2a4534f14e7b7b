from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0")  # expect
empty = Image("alice", "other", "1.0", "")  # expect
nothing = Image("alice", "third", "1.0", readme=None)  # expect
