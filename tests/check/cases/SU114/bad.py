import uvicorn
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
uvicorn.run(chute, port=9000)  # expect
