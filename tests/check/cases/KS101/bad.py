from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
TOKEN = "hf_made7Up5Of3Words2And8Digits1ForTests"  # expect
