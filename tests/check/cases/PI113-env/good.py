from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0", readme="A demo.")
image.from_base("parachutes/python:3.12.9").set_user("root")
image.run_command("curl -fsSL https://example.com/list.txt | sort -o /opt/list")
image.set_user("chutes")
