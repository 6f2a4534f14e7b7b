from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0")
image.run_command("pip install torch --index-url $INDEX/whl/cu128")
image.run_command("uv pip install torch --torch-backend=cu129")
image.with_env("TORCH_CUDA_ARCH_LIST", "9.0;12.0")
