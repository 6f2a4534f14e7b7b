import subprocess

REF = "chute:chute"
subprocess.run(["chutes", "run", REF, "--dev"], input="y\n", check=True)
done = subprocess.run(
    f"yes | chutes deploy {REF} --accept-fee", shell=True, capture_output=True, text=True
)
assert "Successfully deployed" in done.stdout
