"""Real vLLM reads every picture that passes the check, in the same size, and fetches none."""

import io
import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from chutekit.engines.command import NO_HOST
from chutekit.engines.pictures import TAKEN, Pictures, measure
from chutekit.media.samples import PNG, data_url, png
from PIL import Image

from support.serving import vllm

pytestmark = pytest.mark.heavy

READ_BY_VLLM = """
import json, sys
from vllm.multimodal.media import MediaConnector
connector = MediaConnector(allowed_media_domains=[sys.argv[1]])
for url in json.load(sys.stdin):
    try:
        print(json.dumps(connector.fetch_image(url).size))
    except Exception as error:
        print(json.dumps(type(error).__name__))
"""


def read(*urls: str) -> list[Any]:
    """The sizes that vLLM finds, or the names of its errors."""
    done = subprocess.run(
        [vllm(), "-c", READ_BY_VLLM, NO_HOST],
        input=json.dumps(urls),
        check=True,
        capture_output=True,
        text=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()[-len(urls) :]]


def saved(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (50, 40), "red").save(file, kind)
    return file.getvalue()


def test_what_passes_is_read_in_the_size_that_was_measured() -> None:
    urls = [data_url(saved(kind.partition("/")[2].upper()), kind) for kind in TAKEN]
    heads = [url.removeprefix("data:").split(";base64,") for url in urls]
    assert [measure(kind, data, Pictures(1)) for kind, data in heads] == [(50, 40)] * len(TAKEN)
    urls.append(urls[0].replace(";", ";name=cat.png;"))
    assert read(*urls) == [[50, 40]] * len(urls)


def test_what_is_refused_for_its_writing_is_refused_there_too() -> None:
    whole = data_url(PNG)
    wrong = whole.replace(";base64", ""), whole.replace(",", ",*"), whole[:-1]
    assert all(isinstance(said, str) for said in read(*wrong))


def test_what_is_broken_behind_its_head_is_the_clients_fault() -> None:
    """vLLM answers a ValueError with a 400, other errors with a 500."""
    whole = saved("JPEG")
    broken = data_url(png(3000, 2000)), data_url(whole[:-200], "image/jpeg")
    assert read(*broken) == ["ValueError", "ValueError"]


class Counting(BaseHTTPRequestHandler):
    """Answers with a picture, and remembers that somebody asked."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("content-type", "image/png")
        self.send_header("content-length", str(len(PNG)))
        self.end_headers()
        self.wfile.write(PNG)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    Counting.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/cat.png", Counting.asked
        server.shutdown()


def test_it_fetches_nothing(web: tuple[str, list[str]]) -> None:
    url, asked = web
    said = read(url, url.replace("127.0.0.1", "localhost"), "file:///etc/passwd")
    assert all(isinstance(each, str) for each in said)
    assert asked == []
