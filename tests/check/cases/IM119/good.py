from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0", readme="Pictures.")
empty = Image("alice", "other", "1.0", " ")
nothing = Image("alice", "third", "1.0", readme="# Third")
