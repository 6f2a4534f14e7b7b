from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").run_command("pip install einops==0.8.1")
