import signal
import sys
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # expect
