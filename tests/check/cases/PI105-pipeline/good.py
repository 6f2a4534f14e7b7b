from chutes.chute import Chute
from transformers import pipeline

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
triage = pipeline("text-classification", model="acme/triage", revision="0" * 40)
local = pipeline("text-classification", model="/cache/triage")
