from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0", readme="x")
image.add("missing.json", "/app/").add("*.yaml", "/app/")  # expect
image.add("good.py", "/app/").add("tests/check/cases/IM117-single/*.py", "/app/").add(".", "/a")
