import subprocess

REF = "chute:chute"
subprocess.run(["chutes", "build", REF, "--wait"], input="y\n", check=True)  # expect
subprocess.check_call(f"yes | chutes deploy {REF} --accept-fee", shell=True)  # expect
