"""What the chutes SDK accepts, as of the release in `model.SDK_VERSION`.

A table, so that checking works where the SDK is not installed; a test holds it to the real one.
"""

import re
from functools import cache
from typing import Any

CHUTE = (
    "username",
    "name",
    "image",
    "tagline",
    "readme",
    "standard_template",
    "revision",
    "node_selector",
    "concurrency",
    "max_instances",
    "shutdown_after_seconds",
    "scaling_threshold",
    "allow_external_egress",
    "encrypted_fs",
    "passthrough_headers",
    "tee",
    "lock_modules",
)
# Taken by FastAPI, to which Chute hands every other keyword.
FASTAPI = (
    "debug",
    "routes",
    "title",
    "summary",
    "description",
    "version",
    "openapi_url",
    "openapi_tags",
    "servers",
    "dependencies",
    "default_response_class",
    "redirect_slashes",
    "docs_url",
    "redoc_url",
    "swagger_ui_oauth2_redirect_url",
    "swagger_ui_init_oauth",
    "middleware",
    "exception_handlers",
    "on_startup",
    "on_shutdown",
    "lifespan",
    "terms_of_service",
    "contact",
    "license_info",
    "openapi_prefix",
    "root_path",
    "root_path_in_servers",
    "responses",
    "callbacks",
    "webhooks",
    "deprecated",
    "include_in_schema",
    "swagger_ui_parameters",
    "generate_unique_id_function",
    "separate_input_output_schemas",
    "openapi_external_docs",
    "strict_content_type",
)
SELECTOR = ("gpu_count", "min_vram_gb_per_gpu", "max_hourly_price_per_gpu", "include", "exclude")
CORD = (
    "stream",
    "path",
    "passthrough_path",
    "passthrough",
    "passthrough_port",
    "public_api_path",
    "public_api_method",
    "method",
    "provision_timeout",
    "input_schema",
    "minimal_input_schema",
    "output_content_type",
    "output_schema",
    "sglang_passthrough",
)
# What `Cord` hands on to aiohttp's client session is not a mistake.
SESSION = (
    "base_url",
    "connector",
    "cookies",
    "headers",
    "skip_auto_headers",
    "auth",
    "json_serialize",
    "cookie_jar",
    "read_timeout",
    "conn_timeout",
    "raise_for_status",
    "trust_env",
    "read_bufsize",
    "max_line_size",
    "max_field_size",
)
JOB = ("ports", "timeout", "upload", "ssh")
IMAGE = ("username", "name", "tag", "readme")
IMAGE_METHODS = (
    "from_base",
    "with_maintainer",
    "set_user",
    "set_workdir",
    "with_python",
    "apt_install",
    "apt_remove",
    "with_env",
    "run_command",
    "add",
    "with_entrypoint",
)
ADD = ("source", "dest", "keep_git_dir", "checksum", "chown", "chmod", "exclude", "build_dir")
READ_ONLY = (
    "name",
    "readme",
    "tagline",
    "uid",
    "image",
    "cords",
    "jobs",
    "node_selector",
    "standard_template",
    "routes",
)
# Attributes of a chute object besides the constructor's: its own and FastAPI's.
ATTRIBUTES = frozenset(
    (
        *CHUTE,
        *READ_ONLY,
        "_username",
        "_name",
        "_readme",
        "_tagline",
        "_uid",
        "_image",
        "_standard_template",
        "_node_selector",
        "_startup_hooks",
        "_shutdown_hooks",
        "_cords",
        "_jobs",
        "passthrough_ssl_context",
        "_wrong_ssl_context",
        "cord",
        "job",
        "on_startup",
        "on_shutdown",
        "initialize",
        "_on_event",
        "add_api_route",
        "add_api_websocket_route",
        "add_exception_handler",
        "add_middleware",
        "add_route",
        "add_event_handler",
        "add_websocket_route",
        "api_route",
        "build_middleware_stack",
        "delete",
        "exception_handler",
        "exception_handlers",
        "get",
        "head",
        "host",
        "include_router",
        "middleware",
        "mount",
        "on_event",
        "openapi",
        "options",
        "patch",
        "post",
        "put",
        "router",
        "setup",
        "state",
        "trace",
        "url_path_for",
        "user_middleware",
        "middleware_stack",
        "webhooks",
        "websocket",
        "websocket_route",
        "dependency_overrides",
        "extra",
        "openapi_schema",
        "frontend",
        *FASTAPI,
    )
)
_ENGINE = (
    "username",
    "model_name",
    "node_selector",
    "image",
    "tagline",
    "readme",
    "concurrency",
    "engine_args",
    "revision",
    "max_instances",
    "scaling_threshold",
    "shutdown_after_seconds",
)
BUILDERS: dict[str, tuple[str, ...]] = {
    "build_vllm_chute": (*_ENGINE, "allow_external_egress", "tee"),
    "build_sglang_chute": (*_ENGINE, "allow_external_egress", "tee"),
    "build_embedding_chute": (
        *_ENGINE,
        "pooling_type",
        "max_embed_len",
        "enable_chunked_processing",
        "allow_external_egress",
        "tee",
    ),
    "build_diffusion_chute": (
        "username",
        "name",
        "model_name_or_url",
        "node_selector",
        "tagline",
        "readme",
        "concurrency",
        "version",
        "revision",
        "image",
        "pipeline_args",
        "max_instances",
        "scaling_threshold",
        "shutdown_after_seconds",
        "tee",
    ),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "Chute": ("username", "name", "image"),
    "build_vllm_chute": ("username", "model_name", "node_selector"),
    "build_sglang_chute": ("username", "model_name", "node_selector"),
    "build_embedding_chute": ("username", "model_name", "node_selector"),
    "build_diffusion_chute": ("username", "name", "model_name_or_url", "node_selector"),
}
TEMPLATES = (None, "vllm", "diffusion", "tei", "embedding")
COMMANDS: dict[str, frozenset[str]] = {
    "build": frozenset(
        ("--config-path", "--logo", "--local", "--debug", "--include-cwd", "--wait", "--public")
    ),
    "deploy": frozenset(("--config-path", "--logo", "--debug", "--public", "--accept-fee")),
}
SUBCOMMANDS = frozenset(
    (
        "register",
        "login",
        "refinger",
        "report",
        "run",
        "deploy",
        "build",
        "share",
        "warmup",
        "startup-logs",
        "transfer-balance",
        "chutes",
        "images",
        "keys",
        "secrets",
    )
)
GROUPS: dict[str, frozenset[str]] = {
    "chutes": frozenset(("list", "get", "delete")),
    "images": frozenset(("list", "get", "delete")),
    "keys": frozenset(("list", "get", "delete", "create")),
    "secrets": frozenset(("list", "get", "delete", "create")),
}
# The API keeps chute names with these in them for the miners of its subnets: those of May 2026
# (api/constants.py, INTEGRATED_SUBNETS), and the three that upstream has added since (8c153aa).
RESERVED_WORDS = (
    "affine",
    "babelbit",
    "chronoseek",
    "glyph",
    "leoma",
    "prometheon",
    "turbovision",
    "vocence",
)
# Public paths the API keeps for itself in any capitals (api/chute/path_policy.py, 8c153aa).
RESERVED_PATHS = ("/evidence", "/hf_info")
# Public paths that the API answers before it looks for a chute (api/main.py, 2026-05-26).
ANSWERED_PATHS = ("/ping",)
# And those of which somebody saw it (the comments of a public chute, 2026).
ANSWERED_GETS = ("/pricing",)
# The public ingress answers 504 then, the wait for a free instance included (measured 2026-08-06).
INGRESS_SECONDS = 600
# How long the API's code route may show what ran before a deploy: 180 s of its cache in Redis, 30 s
# more in each of its processes.
CODE_ROUTE_SECONDS = 210
# What the API's expressions and the SDK's CLIENT both take: the API's do not look at capitals.
PATH = re.compile(r"^(/[a-z][a-z0-9_]*)+$")
PUBLIC = re.compile(r"^(/[a-z][a-z0-9_-]*)+$")
CLIENT = re.compile(r"^(/[a-z0-9_]+[a-z0-9-_]*)+$")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
# Settings of scale that other platforms have.
KEEP_WARM = (
    "min_instances",
    "min_replicas",
    "max_replicas",
    "auto_scale",
    "autoscale",
    "scale_up_threshold",
    "scale_down_threshold",
    "scale_up_cooldown",
    "scale_down_cooldown",
    "scale_down_delay",
    "scale_to_zero",
    "keep_warm",
    "min_concurrency",
    "target_concurrency",
)
# What `pip install chutes` needs; a pin outside is replaced when the platform appends it.
RANGES: dict[str, str] = {
    "aiohttp": ">=3.10,<4",
    "requests": ">=2.32",
    "loguru": ">=0.7.2",
    "fastapi": ">=0.110",
    "uvicorn": ">=0.32,<0.39",
    "hypercorn": ">=0.16,<0.18",
    "pydantic": ">=2.9,<3",
    "orjson": ">=3.10",
    "prometheus-client": ">=0.21",
    "pyjwt": ">=2.10.1",
    "rich": ">=13",
    "typer": ">=0.12.5",
}


def normalised(path: str) -> str:
    """A path as Cord keeps it: one slash in front, none behind (chutes/chute/cord.py)."""
    return "/" + path.strip("/")


def within(value: Any, limit: dict[str, Any]) -> bool:
    """Is a value what a JSON Schema fragment of the template's data allows?"""
    kinds = limit["type"] if isinstance(limit["type"], list) else [limit["type"]]
    if value is None:
        return "null" in kinds
    if "string" in kinds:
        return isinstance(value, str) and _text_within(value, limit)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if "integer" in kinds and not float(value).is_integer():
        return False
    return bool(
        limit.get("minimum", value) <= value <= limit.get("maximum", value)
        and ("exclusiveMinimum" not in limit or value > limit["exclusiveMinimum"])
        and ("exclusiveMaximum" not in limit or value < limit["exclusiveMaximum"])
    )


def _text_within(value: str, limit: dict[str, Any]) -> bool:
    pattern = limit.get("pattern")
    long = len(value) > limit.get("maxLength", len(value))
    return not long and (pattern is None or re.search(pattern, value) is not None)


@cache
def limits() -> dict[str, dict[str, Any]]:
    """The platform's limits by the name of the setting, from the template's data."""
    from scaffold.answers.questions import Questionnaire

    return Questionnaire().limits


@cache
def gpus() -> dict[str, dict[str, Any]]:
    """The GPUs the platform knows by name, with memory and price, from the template's data."""
    from scaffold.answers.questions import Questionnaire

    questions = Questionnaire().questions
    listed = next(question.default for question in questions if question.key == "gpus")
    return {gpu["id"]: gpu for gpu in listed}
