import requests


def live(chute: str, version: str) -> bool:
    """Is this the version that runs?"""
    answer = requests.get(f"https://api.chutes.ai/chutes/{chute}", timeout=30)
    return answer.json()["version"] == version


def code(chute: str) -> str:
    """The module that was deployed minutes ago."""
    answer = requests.get(f"https://api.chutes.ai/chutes/code/{chute}", timeout=30)
    return "" if answer.status_code == 404 else answer.text
