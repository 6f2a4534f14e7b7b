from chutes.chute import Chute

chute = Chute(username="a@b.example", name="demo", image="alice/demo:1.0")  # expect
