"""Deploying a chute: every reason for which the API refuses, in its order."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from support.platform_double import documents
from support.platform_double.entities import Change, Deployed, Image, version_of
from support.platform_double.gpus import hourly, price_range, supported
from support.platform_double.histories import too_many
from support.platform_double.images import found_image
from support.platform_double.lifecycle import replace_instances
from support.platform_double.replies import DOUBLE, crash, problems_of, refuse, unprocessable
from support.platform_double.validation import ChuteArgs, UnprocessableError, read, unfit

if TYPE_CHECKING:
    from support.platform_double.world import World

FEE_HOURS = 3
#: Parts of names that belong to subnets: the first five in May 2026, all of them at 8c153aa.
RESERVED = {
    "affine": ("affine", 120),
    "babelbit": ("babelbit", 59),
    "leoma": ("leoma", 99),
    "turbovision": ("score", 44),
    "vocence": ("vocence", 78),
    "chronoseek": ("chronoseek", 0),
    "glyph": ("glyph", 0),
    "prometheon": ("prometheon", 0),
}
#: What is excluded from a chute that excludes nothing.
ALWAYS_EXCLUDED = ["b200", "mi300x"]
LEAST_SDK = (0, 3, 61)
LIMITED = (
    "TEE private deployments are limited at this time due to infrastructure capacity limitations."
)
NOT_PUBLIC = (
    "Chutes no longer supports public chutes. You can instead deploy the chute as a private chute "
    "and share it with other users."
)

routes = web.RouteTableDef()
Refusal = tuple[int, str]
#: The API does not catch its own exception.
CRASH: Refusal = (500, "")


@routes.post("/chutes/")
async def deploy(request: web.Request) -> web.Response:
    """Take a chute, or say why not."""
    double = request.app[DOUBLE]
    world, username = double.world, double.identity.username
    try:
        args = read(ChuteArgs, await request.read())
        accepted = flag(request, "accept_fee")
    except UnprocessableError as refused:
        return unprocessable(refused.problems)
    await asyncio.sleep(world.deploy_seconds)  # nobody tells it that its client has gone
    known = next(
        (one for one in world.chutes.values() if alike(one.posted["name"], args.name)), None
    )
    image = found_image(world, args.image, username)
    refusal = next(refusals(world, args, known, image, accepted), None)
    if refusal:
        return crash() if refusal == CRASH else refuse(*refusal)
    assert image
    now, version = world.clock.now(), version_of(image, args.code)
    world.deployments.append(Change(args.name, now))
    posted = stored(args, image, known)
    if known is None:
        world.balance -= fee(posted["node_selector"])
        chute_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{username}::chute::{args.name}"))
        known = Deployed(chute_id, version, slug(username, args.name), posted)
        known.created = known.updated = now
        world.chutes[chute_id] = known
    elif not world.forgets:
        known.posted, known.version, known.failures = posted, version, 0
        known.updated, known.bounty = now, False
        replace_instances(world, known)
    return web.json_response({**documents.brief(double.identity, world, known), "version": version})


def refusals(
    world: World, args: ChuteArgs, known: Deployed | None, image: Image | None, accepted: bool
) -> Iterator[Refusal]:
    """Each reason against a deployment; the first is what the client gets."""
    yield from refusals_of_name(args)
    include = [name.lower() for name in args.node_selector.include or ()]
    if args.tee and (args.node_selector.gpu_count, include) != (1, ["pro_6000"]):
        yield 400, LIMITED
    if full := too_many(world, world.deployments, "chute"):
        yield 429, full
    if not args.tee and ("TEE" in args.name or args.name.lower().endswith("tee")):
        yield 400, "Avoid using 'TEE' in the chute name unless tee=True in the chute definition"
    if args.public:
        yield 400, NOT_PUBLIC
    if image is None:
        yield 400, "Chute image not found, or does not belong to you"
        return
    version = version_of(image, args.code)
    if known and known.version == version:
        public = args.public
        yield 409, f"Chute with name={args.name}, {version=} and {public=} already exists"
    if args.tee is False:
        yield 400, "Only TEE chutes are supported as of 2026-05-12, please set tee=True"
    yield from refusals_of_selector(args)
    yield from refusals_of_money(world, args, known, accepted)
    if args.standard_template == "vllm" and not args.revision:
        yield 400, "Missing required revision parameter for vllm template."
    if tuple(int(part) for part in image.chutes_version.split(".")[:3]) < LEAST_SDK:
        yield 400, "Unable to deploy chutes with chutes version < 0.3.61, please upgrade"
    if known and moved(known.posted["node_selector"], selector_of(args)):
        yield 400, "Cannot change node selector placement constraints on a TEE chute"
    if why := unfit(args, new=known is None):
        yield (400, f"Validation failure: {why}") if known is None else CRASH
    if not args.cords and not args.jobs:
        yield 400, "A chute must define at least one cord() or job() function!"
    if args.cords and args.jobs:
        yield 400, "A chute can have jobs or cords not both."


def refusals_of_name(args: ChuteArgs) -> Iterator[Refusal]:
    """A name that belongs to somebody else."""
    for part, (subnet, netuid) in RESERVED.items():
        if part in args.name.lower():
            who = f"You must be a registered miner on {subnet=} {netuid=}"
            yield 403, f"{who} to deploy models with {part}"


def refusals_of_selector(args: ChuteArgs) -> Iterator[Refusal]:
    """A selector that excludes too much, or leaves nothing."""
    if len(args.node_selector.exclude or ()) > 5:
        yield 400, "Maximum of 5 GPUs can be included in the `exclude` field"
    try:
        left = supported(args.node_selector.model_dump())
    except KeyError:
        yield CRASH
        return
    if not left:
        yield CRASH


def refusals_of_money(
    world: World, args: ChuteArgs, known: Deployed | None, accepted: bool
) -> Iterator[Refusal]:
    """A fee that was not accepted or cannot be paid; later deployments want a balance only."""
    due = 0.0 if known else fee(args.node_selector.model_dump())
    if due and not accepted:
        least, most = price_range(args.node_selector.model_dump())
        rate = f"~${round(least, 2)}/hr"
        rates = rate if least == most else f"{rate} to ~${round(most, 2)}/hr"
        yield (
            402,
            "DEPLOYMENT FEE NOTICE:\n===\nThere is a deployment fee of (hourly price per GPU * "
            f"number of GPUs * 3), which for this configuration is: ${round(due, 2)}\n"
            f"Your hourly rate per instance will be {rates} ({args.node_selector.gpu_count} "
            "GPU(s)), subject to change with pricing/market rate adjustments.\n"
            "To acknowledge this fee and hourly rate, ensure you have chutes>=0.3.23 "
            "and re-run the deployment command with `--accept-fee`",
        )
    if world.balance <= due:
        yield (
            402,
            f"The deployment fee, based on your node selector, is ${due}, "
            f"but you have a balance of {world.balance}.\nPlease top up your account",
        )


def flag(request: web.Request, name: str) -> bool:
    """A switch in a request's query, or UnprocessableError."""
    try:
        return TypeAdapter(bool).validate_python(request.query.get(name, "false"))
    except ValidationError as error:
        raise UnprocessableError(problems_of(error, "query", name)) from None


def alike(name: str, other: str) -> bool:
    """Whether two names are one to the database, which does not look at capitals."""
    return name.lower() == other.lower()


def fee(selector: dict[str, Any]) -> float:
    """What a chute's first deployment costs, in US dollars."""
    return hourly(selector) * FEE_HOURS


def selector_of(args: ChuteArgs) -> dict[str, Any]:
    """A selector as it is stored: the API excludes GPUs where nothing was excluded."""
    selector = args.node_selector.model_dump()
    excluded = set(selector["exclude"] or ALWAYS_EXCLUDED)
    return {**selector, "exclude": documents.shuffled(excluded)}


def moved(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether another selector leaves other GPUs, or another number of them."""
    same = supported(before) == supported(after)
    return before["gpu_count"] != after["gpu_count"] or not same


def stored(args: ChuteArgs, image: Image, known: Deployed | None) -> dict[str, Any]:
    """A chute as it is kept. A later deployment changes neither name nor template."""
    kept = {name: known.posted[name] for name in ("name", "standard_template")} if known else {}
    return {
        **args.model_dump(),
        **kept,
        "image": image.image_id,
        "tee": True,
        "node_selector": selector_of(args),
        "logo_id": args.logo_id or None,
        "max_instances": args.max_instances or 1,
        "shutdown_after_seconds": args.shutdown_after_seconds or 300,
        "scaling_threshold": args.scaling_threshold or 0.75,
        "lock_modules": bool(args.standard_template or args.lock_modules),
    }


def slug(username: str, name: str) -> str:
    """The host name that user and name give a chute."""
    return re.sub(r"[^a-z0-9]+", "-", f"{username}-{name}".lower()).strip("-")[:58].strip("-")
