import os

from chutes.chute import Chute

prod = Chute(username="alice", name=os.environ["PRODUCTION"])
staging = Chute(username="alice", name=os.environ["STAGING"])
