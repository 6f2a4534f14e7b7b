from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0")
image.run_command("pip install vllm==0.8.5.post1")  # expect
