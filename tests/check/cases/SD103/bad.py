from chutes.chute import Chute
from chutes.chute.template.tei import build_tei_chute  # expect

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
print(build_tei_chute)
