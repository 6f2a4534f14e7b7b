from chutes.image import Image

image = (
    Image(username="alice", name="demo", tag="1.0", readme="x")
    .run_command("git clone https://github.com/a/one.git")
    .run_command("git clone https://github.com/a/two")
    .run_command("cd two; git checkout 6969baa4446baf49b3eaa5422e4f76a14b9e90ee")
    .run_command("git clone https://a.b/three.git && cd three && git checkout 6969baa4446baf49b3")
    .run_command("git clone https://a.b/x.git four && git -C four reset --hard 6969baa4446baf49b3")
    .run_command("git clone --branch v1.2.3 --depth 1 https://github.com/a/five.git")
    .run_command("git clone https://github.com/a/six.git /opt/six")
    .set_workdir("/opt/six")
    .run_command("git fetch && git checkout 6969baa4446baf49b3eaa5422e4f76a14b9e90ee")
    .run_command("git -C /opt/one checkout 6969baa4446b && git -C five checkout 6969baa4446")
)
