import os

from chutes.chute import Chute

prod = Chute(username="alice", name="demo")
staging = Chute(username="alice", name="demo")  # expect
