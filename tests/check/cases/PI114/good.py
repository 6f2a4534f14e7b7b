from chutes.image import Image

image = (
    Image(username="alice", name="demo", tag="1.0", readme="x")
    .run_command("wget -O /app/m.safetensors https://huggingface.co/x/y/resolve/0123456789abcdef0123456789abcdef01234567/m.safetensors")
    .run_command("hf download x/y --revision 0123456789abcdef0123456789abcdef01234567")
    .run_command("curl -LO https://example.com/script.js")
)
