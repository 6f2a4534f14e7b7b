import asyncio

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def told(text):
    print("told")
    return text


@chute.cord(public_api_path="/shout")
async def shout(self, data: dict):
    return {"text": str(data.get("text"))}


async def main():
    print(told("a try on a laptop"))
    print(await shout({"text": "a"}))


if __name__ == "__main__":

    def shown(answer):
        print(answer)

    shown(asyncio.run(main()))
