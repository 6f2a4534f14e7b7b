from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def total(formula):
    """What a formula of the settings comes to."""
    return eval(formula)  # expect
