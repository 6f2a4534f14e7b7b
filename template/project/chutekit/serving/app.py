"""A chute whose cords get only valid, admitted requests, and that lives and ends cleanly."""

import gc
from collections.abc import Callable
from typing import Any

from chutes.chute import Chute
from chutes.chute.cord import Cord
from chutes.util.context import is_remote
from starlette.types import ASGIApp

from chutekit.serving import drift, lifecycle, logs
from chutekit.serving.contract import Contract, Parse, RequestModel, Route
from chutekit.serving.edge import Edge
from chutekit.serving.instance import LONGEST_REQUEST_SECONDS, Instance
from chutekit.serving.schema import published

MAX_BODY_BYTES = 64 * 1024


class ServedChute(Chute):
    """The SDK's Chute between `Edge`, outermost, and `Contract`, innermost."""

    def __init__(
        self,
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        request_seconds: float = LONGEST_REQUEST_SECONDS,
        **settings: Any,
    ) -> None:
        if not 0 < request_seconds <= LONGEST_REQUEST_SECONDS:
            raise ValueError(
                f"request_seconds is {request_seconds}; it must be above 0 and at most "
                f"{LONGEST_REQUEST_SECONDS:.0f}, because the platform cuts longer calls off."
            )
        if is_remote():
            logs.configure()
        # The SDK's default for these headers is one dict shared by all chutes of a process.
        super().__init__(passthrough_headers={}, openapi_url=None, **settings)
        self.max_body_bytes = max_body_bytes
        self.instance = Instance(self.concurrency, request_seconds)
        self.served: list[tuple[Cord, Route]] = []
        self.contracts: dict[tuple[str, str], Route] = {}
        # Added before the SDK adds its own, and so inside of it: after decryption.
        self.add_middleware(Contract, instance=self.instance, routes=self.contracts)

    def cord(
        self,
        *,
        request: type[RequestModel] | None = None,
        parse: Parse | None = None,
        kind: type[Cord] = Cord,
        **settings: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """The SDK's decorator, with a body that `request` describes and `parse`, if given, reads.

        The schema is published as a dict, because a class would switch on the SDK's validation.
        Only a deploy publishes it, and the platform's SDK may be one (before 0.6.7) without dicts.
        """
        if request is not None:
            if not is_remote():
                stream = settings.get("stream", False)
                settings.setdefault("input_schema", published(request, stream=stream))
            parse = parse or request.model_validate
        cord = kind(self, **settings)
        self._cords.append(cord)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            self.served.append((cord, Route(function.__name__, parse)))
            registered: Callable[..., Any] = cord(function)
            return registered

        return register

    def get_cord(
        self, path: str, *, output_content_type: str = "application/json", **settings: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A cord for GET requests to the public `path`: without a body, and not counted as work."""
        return self.cord(
            method="GET",
            public_api_path=path,
            public_api_method="GET",
            output_content_type=output_content_type,
            **settings,
        )

    async def initialize(self) -> None:
        """Run the start-up hooks; the SDK calls this before the server listens."""
        if not is_remote():
            return
        lifecycle.handle_signals(self.instance)
        try:
            with lifecycle.step("installed packages"):
                drift.check()
            await super().initialize()
        except Exception as error:
            await lifecycle.give_up(self.instance, error)
        public = lifecycle.development()
        for cord, route in self.served:
            method = cord._public_api_method if public else "POST"
            self.contracts[method, cord.public_api_path if public else cord.path] = route
        # Whatever start-up has loaded stays: the collector need not go through it again and again.
        gc.collect()
        gc.freeze()
        self.instance.ready()
        logs.event("ready", chute=self.name, concurrency=self.concurrency)

    @property
    def code(self) -> str:
        """A digest of the deployed module, by which results of other code can be told apart."""
        return str(getattr(self, "_source_hash", None))

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap the finished stack, the SDK's middleware included."""
        encrypted = not lifecycle.development()
        return Edge(super().build_middleware_stack(), self.instance, self.max_body_bytes, encrypted)
