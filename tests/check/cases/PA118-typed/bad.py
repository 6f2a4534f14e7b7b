from typing import Any

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(args: dict):  # expect
    return args


@chute.cord(public_api_path="/first")
def first(chute: Any, args: dict):
    return args


@chute.cord(public_api_path="/second")
def second(me: "Chute", args: dict):
    return args
