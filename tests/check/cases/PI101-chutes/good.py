from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0", readme="A demo.")
image.from_base("parachutes/python:3.12.9")
image.run_command("pip install chutes httpx==0.28.1")
