from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").with_env("NCCL_P2P_DISABLE", "0")  # expect

