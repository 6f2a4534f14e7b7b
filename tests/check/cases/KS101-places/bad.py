import os

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
HF_TOKEN = "hf_prototype"  # expect
API_KEY: str = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"  # expect
ADMIN_TOKEN = "adm_9f8e7d6c5b4a3928"  # expect
os.environ["STORE_SECRET"] = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"  # expect
PASSWORD = os.getenv("STORE_PASSWORD", "9f8e7d6c5b4a39281706f5e4d3c2b1a0")  # expect
os.environ.setdefault("STORE_TOKEN", "9f8e7d6c5b4a39281706f5e4d3c2b1a0")  # expect
HEADERS = {"Authorization": "Bearer 9f8e7d6c5b4a39281706f5e4d3c2b1a0"}  # expect


def store(data, token="9f8e7d6c5b4a39281706f5e4d3c2b1a0"):  # expect
    return {"token": token, "size": len(data)}
