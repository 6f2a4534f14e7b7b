from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").from_base("parachutes/python:3.12.9")  # expect

