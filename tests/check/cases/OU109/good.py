from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate", stream=True, output_content_type='text/event-stream')
def generate(self, args: dict):
    yield chunk(args)
