from chutes.chute import Chute, NodeSelector

def limit():
    n = 1
    n += 900
    return n


chute = Chute(username="alice", name="demo", image="alice/demo:1.0", tee=True, max_instances=limit(), node_selector=NodeSelector(gpu_count=1))  # expect
