from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").add("a", "/a", checksum="sha256:00")  # expect

