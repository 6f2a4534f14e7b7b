"""A client that only wants its own answers, and how long it had to wait for a piece of one."""

import threading
import time
from typing import Any


class Bystander(threading.Thread):
    """Streams one answer after the other until told to stop."""

    def __init__(self, served: Any) -> None:
        super().__init__(daemon=True)
        self.served = served
        self.longest = 0.0
        self.pieces = 0
        self.failed: Exception | None = None
        self._done = threading.Event()

    def __enter__(self) -> "Bystander":
        self.start()
        while not self.pieces and self.is_alive():
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()
        if self.failed:
            raise self.failed

    def run(self) -> None:
        """Stream, and note the longest wait."""
        try:
            while not self._done.is_set():
                last = time.monotonic()
                asked = self.served.chat(200, stream=True)
                for _ in self.served.openai.chat.completions.create(**asked):
                    now = time.monotonic()
                    self.longest = max(self.longest, now - last)
                    self.pieces += 1
                    last = now
        except Exception as error:
            self.failed = error
