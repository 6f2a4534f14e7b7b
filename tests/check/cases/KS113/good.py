import os
from chutes.chute import Chute
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def derive():
    return PBKDF2HMAC(length=32, salt=os.urandom(16), iterations=1)
