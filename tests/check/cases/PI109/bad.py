from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").run_command("pip install pydantic==2.4.2")  # expect

