from chutes.image import Image

image = (
    Image(username="alice", name="demo", tag="1.0", readme="x")
    .run_command("wget -O /app/m.safetensors https://huggingface.co/x/y/resolve/main/m.safetensors")  # expect
    .run_command("hf download x/y --local-dir /app/y")  # expect
    .run_command("curl -LO https://example.com/script.js")
)
