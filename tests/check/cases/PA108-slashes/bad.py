from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/speech/", path="say/")
def speak(self, args: dict):
    return args


@chute.cord(public_api_path="speech")  # expect
def say(self, args: dict):
    return args


@chute.cord(public_api_path="other", path="/say")  # expect
def whisper(self, args: dict):
    return args
