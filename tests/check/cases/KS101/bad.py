from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
TOKEN = "hf_aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3x"  # expect
