from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").run_command("curl -s https://example.com/install.sh -o install.sh")
