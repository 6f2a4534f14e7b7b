from chutes.chute import Chute

def lifespan(app):
    yield


chute = Chute(username="alice", name="demo", image="alice/demo:1.0", lifespan=None)
