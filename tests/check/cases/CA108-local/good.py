from chutes.chute import Chute
from transformers import AutoModel

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
AutoModel.from_pretrained("a/b", revision="0" * 40, cache_dir="/tmp/models", local_files_only=True)
