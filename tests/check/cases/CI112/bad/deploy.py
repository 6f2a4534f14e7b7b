import requests


def live(chute: str, code: str) -> bool:
    """Is this the version that runs?"""
    answer = requests.get(f"https://api.chutes.ai/chutes/code/{chute}", timeout=30)  # expect
    return answer.text == code
