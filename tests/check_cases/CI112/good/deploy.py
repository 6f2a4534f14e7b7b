import requests


def live(chute: str, version: str) -> bool:
    """Is this the version that runs?"""
    answer = requests.get(f"https://api.chutes.ai/chutes/{chute}", timeout=30)
    return answer.json()["version"] == version
