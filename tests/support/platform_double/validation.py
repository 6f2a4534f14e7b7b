"""What the API checks of a deployment: the request's own form first, then what may be stored."""

from __future__ import annotations

import ast
import json
import re
from enum import Enum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

from support.platform_double.gpus import GPUS
from support.platform_double.replies import missing, problems_of

Args = TypeVar("Args", bound=BaseModel)
Text = Annotated[str, Field(max_length=1024)]
Page = Annotated[str, Field(max_length=16384)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1, le=100)]
Idle = Annotated[int, Field(ge=60, le=604800)]

CHUTE_NAME = re.compile(r"^(?:([a-zA-Z0-9_\.-]+)/)*([a-z0-9][a-z0-9_\.\/-]*)$", re.I)
CORD_PATH = re.compile(r"^(/[a-z][a-z0-9_]*)+$", re.I)
PUBLIC_PATH = re.compile(r"^(/[a-z][a-z0-9_-]*)+$", re.I)
FILE = re.compile(r"^[a-z][a-z0-9_]*\.py$")
REFERENCE = re.compile(r"^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*$")
TEMPLATES = (None, "vllm", "diffusion", "tei", "embedding")
#: Paths that upstream 8c153aa keeps for itself.
RESERVED_PATHS = ("/evidence", "/hf_info")


class SelectorArgs(BaseModel):
    """Which GPUs a chute wants. What the API computes itself is left out of a request."""

    gpu_count: Annotated[int, Field(ge=1, le=8)] | None = 1
    min_vram_gb_per_gpu: Annotated[int, Field(ge=16, le=140)] | None = 16
    max_hourly_price_per_gpu: Annotated[float, Field(gt=0, lt=10)] | None = None
    exclude: list[str] | None = None
    include: list[str] | None = None
    dynamic: bool | None = False

    @field_validator("include", "exclude")
    @classmethod
    def _known(cls, names: list[str] | None, info: Any) -> list[str] | None:
        """Refuse names of no GPU; capitals pass here and end in a crash later."""
        if unknown := {name.lower() for name in names or ()} - set(GPUS):
            raise ValueError(f"Invalid GPU identifiers `{info.field_name}`: {unknown}")
        return names


class CordArgs(BaseModel):
    """One cord of a chute."""

    method: str
    path: str
    function: str
    stream: bool
    passthrough: bool | None = False
    public_api_path: str | None = None
    public_api_method: str | None = None
    input_schema: dict[str, Any] | None = {}
    output_schema: dict[str, Any] | None = {}
    output_content_type: str | None = None
    minimal_input_schema: dict[str, Any] | None = {}


class JobArgs(BaseModel):
    """One job of a chute."""

    name: str
    upload: bool | None = False
    timeout: int | None = None
    ports: list[dict[str, Any]] = []
    disk_gb: Annotated[int, Field(ge=10, le=1000)] | None = 10


class ChuteArgs(BaseModel):
    """A deployment. Concurrency has no lower bound: the API's is misspelt."""

    name: Annotated[str, Field(min_length=3, max_length=128)]
    tagline: Text | None = ""
    readme: Page | None = ""
    tool_description: Page | None = None
    logo_id: str | None = None
    image: str
    public: bool
    code: Annotated[str, Field(max_length=150000)]
    filename: str
    ref_str: str
    standard_template: str | None = None
    node_selector: SelectorArgs
    cords: list[CordArgs] | None = []
    jobs: list[JobArgs] | None = []
    concurrency: Annotated[int, Field(le=256)] | None = None
    revision: Annotated[str, Field(pattern=r"^[a-fA-F0-9]{40}$")] | None = None
    max_instances: Count | None = 1
    scaling_threshold: Share | None = 0.75
    shutdown_after_seconds: Idle | None = 300
    allow_external_egress: bool | None = False
    encrypted_fs: bool | None = False
    tee: bool | None = False
    lock_modules: bool | None = None
    use_rolling_update: bool | None = True


class UpdateArgs(BaseModel):
    """What can be changed of a chute without deploying it. The idle time is taken and ignored."""

    tagline: Text | None = ""
    readme: Page | None = ""
    tool_description: Page | None = ""
    logo_id: str | None = None
    max_instances: Count | None = None
    scaling_threshold: Share | None = None
    shutdown_after_seconds: Idle | None = 300
    disabled: bool | None = None


class Action(Enum):
    """What can be done with a thing."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    INVOKE = "invoke"


class ScopeArgs(BaseModel):
    """What a key may do."""

    object_type: str
    object_id: str | None = None
    action: Action | None = None


class KeyArgs(BaseModel):
    """An API key that is to be made."""

    admin: bool
    name: str
    scopes: list[ScopeArgs] | None = []


class SecretArgs(BaseModel):
    """A secret that is to be kept for a chute."""

    purpose: str
    key: str
    value: str


class UnprocessableError(Exception):
    """A request that FastAPI refuses, with what it says of it."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems)
        self.problems = problems


def read(kind: type[Args], body: bytes) -> Args:
    """A request's body as the arguments it should be, or UnprocessableError."""
    if not body:
        raise UnprocessableError([missing("body")])
    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        problem = {"type": "json_invalid", "loc": ["body", error.pos], "msg": "JSON decode error"}
        raise UnprocessableError([{**problem, "input": {}, "ctx": {"error": error.msg}}]) from None
    try:
        return TypeAdapter(kind).validate_python(value, from_attributes=True)
    except ValidationError as error:
        raise UnprocessableError(problems_of(error, "body")) from None


def unfit(args: ChuteArgs, *, new: bool) -> str:
    """Why what was posted cannot be stored, nothing when it can."""
    try:
        ast.parse(args.code)
    except (SyntaxError, ValueError) as error:
        return f"Invalid code submited: {error}"
    if new and not (CHUTE_NAME.match(args.name) and len(args.name) < 128):
        return f"Invalid chute name: {args.name}"
    if not FILE.match(args.filename):
        return f"Invalid entrypoint filename: '{args.filename}'"
    if not REFERENCE.match(args.ref_str):
        return f"Invalid reference string: '{args.ref_str}'"
    if new and args.standard_template not in TEMPLATES:
        return f"Invalid standard template: {args.standard_template}"
    return next((why for cord in args.cords or () if (why := unfit_cord(cord))), "")


def unfit_cord(cord: CordArgs) -> str:
    """Why a cord cannot be stored, nothing when it can."""
    if not CORD_PATH.match(cord.path):
        return f"Invalid cord path: {cord.path}"
    if not cord.public_api_path:
        return ""
    if not PUBLIC_PATH.match(cord.public_api_path) or cord.public_api_path in RESERVED_PATHS:
        return f"Invalid cord public path: {cord.public_api_path}"
    if cord.public_api_method not in ("GET", "POST"):
        return f"Unsupported public API method: {cord.public_api_method}"
    return ""
