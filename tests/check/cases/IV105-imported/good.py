from chutes.chute import Chute
from words import Search

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/find", input_schema=Search)
def find(self, search: Search):
    return search.run()

@chute.exception_handler(IndexError)
async def empty_body(request, error):
    return None
