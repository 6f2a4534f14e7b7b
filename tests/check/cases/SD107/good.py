from chutes.chute import Chute
from fastapi import WebSocket

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


async def talk(socket):
    await socket.accept()


print(WebSocket)
