from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def store(prompt):
    key = f'sdxl:{hash(prompt)}'  # expect
    return key
