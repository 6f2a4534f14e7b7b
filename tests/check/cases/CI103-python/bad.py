import subprocess

subprocess.run(["chutes", "build", "chute:chute", "--wait"], check=True)  # expect
