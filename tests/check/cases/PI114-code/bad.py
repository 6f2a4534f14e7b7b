from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0", readme="A demo.")
image.run_command('python -c "from huggingface_hub import snapshot_download as d, hf_hub_download"')
image.run_command(  # expect
    "python -c \"import huggingface_hub as h; h.snapshot_download('acme/demo', local_dir='/app/m')\""
)
