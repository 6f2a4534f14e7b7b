from chutes.chute import Chute

prod = Chute(username="alice", name="demo", max_instances=2)
staging = Chute(username="alice", name="demo-staging", max_instances=9)  # expect
