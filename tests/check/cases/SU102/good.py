import os
import signal
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def stop(*_):
    os._exit(0)


signal.signal(signal.SIGTERM, stop)
