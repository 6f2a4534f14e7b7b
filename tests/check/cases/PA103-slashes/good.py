from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="//speech-long/", path="talk/")
def speak(self, args: dict):
    return args
