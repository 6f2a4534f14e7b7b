import os

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
# export HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
TOKEN = os.getenv("HF_TOKEN")
