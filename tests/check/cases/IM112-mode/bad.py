from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").add("a", "/a", chmod="0755")  # expect
