from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").from_base("nvidia/cuda:12.2-devel-ubuntu22.04").run_command("useradd chutes")  # expect

