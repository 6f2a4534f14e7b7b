"""A chute whose cords get only valid, admitted requests, and that lives and ends cleanly."""

import gc
import hashlib
import json
import os
from collections.abc import Callable
from typing import Any

from chutes.chute import Chute
from chutes.chute.cord import Cord
from chutes.util.context import is_remote
from starlette.types import ASGIApp

from chutekit import WrongUse, __version__
from chutekit.serving import backend, connections, drift, lifecycle, logs, unpacking, usage
from chutekit.serving.contract import Contract, Parse, RequestModel, Route
from chutekit.serving.edge import Edge
from chutekit.serving.errors import Told, body
from chutekit.serving.events import EventCord
from chutekit.serving.instance import LONGEST_REQUEST_SECONDS, Instance
from chutekit.serving.recall import Cache, Recall
from chutekit.serving.schema import published

MAX_BODY_BYTES = 64 * 1024


class ServedChute(Chute):
    """The SDK's Chute between `Edge`, outermost, and `Contract`, innermost.

    Takes the SDK's settings by keyword, `max_body_bytes` of a request, and `request_seconds` from
    its arrival to the end of its answer. A mistake in any is a `WrongUse`.
    """

    def __init__(
        self,
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        request_seconds: float = LONGEST_REQUEST_SECONDS,
        **settings: Any,
    ) -> None:
        kind = type(self).__name__
        usage.settings(kind, settings, usage.CHUTE, usage.NEEDED)
        usage.settings(kind, {"max_body_bytes": max_body_bytes})
        if type(request_seconds) not in (int, float) or not (
            0 < request_seconds <= LONGEST_REQUEST_SECONDS
        ):
            raise WrongUse(
                f"{kind}: request_seconds must be above 0 and at most "
                f"{LONGEST_REQUEST_SECONDS:.0f}, not {request_seconds!r}: the platform cuts "
                "longer calls off."
            )
        if is_remote():
            logs.configure()
        # The SDK's default for these headers is one dict shared by all chutes of a process.
        super().__init__(passthrough_headers={}, openapi_url=None, **settings)
        self.max_body_bytes = max_body_bytes
        self.instance = Instance(self.concurrency, request_seconds)
        #: What remembers answers, once a start-up hook has set `cache`.
        self.recall: Recall | None = None
        self._own = os.urandom(16).hex()
        self.served: list[tuple[Cord, Route]] = []
        self.contracts: dict[tuple[str, str], Route] = {}
        # Added before the SDK adds its own, and so inside of it: after decryption.
        self.add_middleware(Contract, instance=self.instance, routes=self.contracts)

    def on_startup(self, priority: int = 50) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """The SDK's decorator of a function that gets the chute, before the server listens."""
        usage.decorated("chute.on_startup", priority)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            usage.accepts(function, "A start-up hook", "self")
            hook: Callable[..., Any] = super(ServedChute, self).on_startup(priority)(function)
            return hook

        return register

    def cord(
        self,
        *bare: object,
        request: type[RequestModel] | None = None,
        parse: Parse | None = None,
        kind: type[Cord] = Cord,
        told: Told = body,
        **settings: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """The SDK's decorator, with a body that `request` describes and `parse`, if given, reads.

        `told` makes the body of an error, where OpenAI's shape is not the right one.

        The function gets the chute and, where there is a body, a `Job`; a passthrough cord's gets
        the answer alone. What it needs beyond the SDK's arguments is a `public_api_path`.

        The schema is published as a dict, because a class would switch on the SDK's validation.
        Only a deploy publishes it, and the platform's SDK may be one (before 0.6.7) without dicts.
        """
        if bare:
            usage.decorated("chute.cord", bare[0])
        public = settings.get("public_api_path")
        where = f"The cord at {public}"
        usage.settings(where if public else "A cord", settings, usage.CORD, ("public_api_path",))
        for name in ("input_schema", "minimal_input_schema", "output_schema"):
            if isinstance(settings.get(name), type):
                given = settings[name].__name__
                raise WrongUse(
                    f"{where}: {name} must be a dict, not a class, which would switch on the SDK's "
                    f"own validation; a body is declared as request={given}, and its function "
                    f"takes (self, job: Job[{given}])."
                )
        if events := issubclass(kind, EventCord):
            settings["stream"] = True
        # Elsewhere the body says whether to stream; here the path does.
        stream = not events and settings.get("stream", False)
        if request is not None:
            usage.body(where, request)
            if stream and "stream" not in request.model_fields:
                raise WrongUse(f"{where}: {request.__name__} needs a field stream to be streamed.")
            if not is_remote():
                settings.setdefault("input_schema", published(request, stream=stream))
            parse = parse or request.model_validate
        with usage.paths(where):
            cord = kind(self, **settings)
        self._no_other(cord, where)
        self._cords.append(cord)
        if settings.get("passthrough"):
            arguments: tuple[str, ...] = ("answer",)
        else:
            arguments = ("self",) if parse is None else ("self", "job")

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            usage.cord(where, str(public), function, request, *arguments)
            self.served.append((cord, Route(function.__name__, parse, told)))
            with usage.paths(where):
                registered: Callable[..., Any] = cord(function)
            return registered

        return register

    def _no_other(self, cord: Cord, where: str) -> None:
        """WrongUse when another cord has the public path, but for a plain and a streamed one."""
        for other in self._cords:
            if (other._public_api_method, other.public_api_path, other._stream) == (
                cord._public_api_method,
                cord.public_api_path,
                cord._stream,
            ):
                raise WrongUse(f"{where}: there are two for {cord._public_api_method}.")

    def get_cord(
        self, path: str, *, output_content_type: str = "application/json", **settings: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A cord for GET requests to the public `path`: without a body, and not counted as work."""
        usage.decorated("chute.get_cord", path)
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
        connections.raise_limit()
        connections.end_with_the_client()
        unpacking.bound(self.max_body_bytes)
        try:
            with lifecycle.step("installed packages"):
                drift.check()
            await super().initialize()
            self.check_started()
        except Exception as error:
            await lifecycle.give_up(self.instance, error)
        public = lifecycle.development()
        for cord, route in self.served:
            method = cord._public_api_method if public else "POST"
            # Of a plain and a streamed cord at one public path the plain one comes first.
            self.contracts.setdefault(
                (method, cord.public_api_path if public else cord.path), route
            )
        # Whatever start-up has loaded stays: the collector need not go through it again and again.
        gc.collect()
        gc.freeze()
        self.instance.ready()
        logs.event("ready", chute=self.name, concurrency=self.concurrency)

    def check_started(self) -> None:
        """StartupError when start-up hooks left out what this kind of chute needs."""

    @property
    def cache(self) -> Cache | None:
        """Where answers are kept, which a start-up hook says; None, and none are."""
        return self.recall.cache if self.recall else None

    @cache.setter
    def cache(self, cache: Cache | None) -> None:
        self.recall = Recall(cache, self.code) if cache is not None else None

    @property
    def code(self) -> str:
        """A digest of what makes results: which chute, its image, its module and this package, and
        whether the model does or its stub.

        By it results of others can be told apart. What staging made, production makes again, or
        its smoke test would pass without its model. Where the SDK does not tell the module's
        digest, results are this process's alone.
        """
        module = getattr(self, "_source_hash", None) or self._own
        image = self.image if isinstance(self.image, str) else f"{self.image.name}:{self.image.tag}"
        stub = backend.stub_requested()
        parts = [self.name, image, self.revision, __version__, module, stub]
        return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap the finished stack, the SDK's middleware included."""
        encrypted = not lifecycle.development()
        return Edge(super().build_middleware_stack(), self.instance, self.max_body_bytes, encrypted)
