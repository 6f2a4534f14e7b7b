from chutes.chute import Chute
from pydantic_settings import BaseSettings

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Settings(BaseSettings):
    a: int
