import os

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
HF_TOKEN = "hf_your_token"
API_KEY: str = os.environ.get("API_KEY", "")
ADMIN_TOKEN = os.environ.get("ADMIN_TOKEN", "not_set_on_this_machine")
os.environ["STORE_SECRET"] = "your-secret-of-32-characters"
PASSWORD = os.getenv("STORE_PASSWORD", "change-me-before-deploying")
os.environ.setdefault("STORE_TOKEN", "")
HEADERS = {"Authorization": "Bearer YOUR_TOKEN_GOES_HERE"}


def store(data, token="placeholder"):
    return {"token": token, "size": len(data)}
