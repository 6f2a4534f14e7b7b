from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").set_user("root").run_command("apt-get remove -y gcc").set_user("chutes")
