from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0").set_user("root").apt_install("ffmpeg").set_user("chutes")
