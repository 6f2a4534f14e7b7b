import subprocess

subprocess.run(["chutes", "build", "chute:chute", "--wait"], input="y\ny\n", check=True)
