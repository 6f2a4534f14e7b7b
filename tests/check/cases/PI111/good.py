from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").run_command("pip install git+https://example.com/a/b@a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1")
