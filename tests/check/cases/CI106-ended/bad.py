import subprocess


def wake():
    child = subprocess.Popen(["chutes", "warmup", "chute:chute"], stdout=subprocess.PIPE)  # expect
    try:
        child.wait(timeout=60)
    except subprocess.TimeoutExpired:
        print("still waiting")
