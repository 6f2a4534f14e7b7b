import subprocess


def wake():
    child = subprocess.Popen(["chutes", "warmup", "chute:chute"], stdout=subprocess.PIPE)
    try:
        child.wait(timeout=60)
    except subprocess.TimeoutExpired:
        child.terminate()
