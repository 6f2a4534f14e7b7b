from chutes.chute import Chute
from prometheus_client import start_http_server

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
start_http_server(9090)  # expect
