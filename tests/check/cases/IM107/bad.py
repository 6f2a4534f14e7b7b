from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").set_user("root").with_python("3.11").set_user("chutes")  # expect

