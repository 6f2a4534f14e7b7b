"""NA: names the platform takes."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.declared import Chute, Image, at, unsure
from scaffold.check.model import Answer, Place, Severity
from scaffold.check.repository import Repository

# The expressions of the API's schemas.
CHUTE = re.compile(r"^(?:([a-zA-Z0-9_\.-]+)/)*([a-z0-9][a-z0-9_\.\/-]*)$", re.I)
IMAGE = re.compile(r"^[a-z0-9][a-z0-9_\.\/-]{2,64}$", re.I)
TAG = re.compile(r"^[a-z0-9][a-z0-9_\.\/-]{1,32}$", re.I)
CLIENT = re.compile(r"^[a-z0-9][a-z0-9-_\.]*$", re.I)
FILE = re.compile(r"^[a-z][a-z0-9_]*\.py$")
VARIABLE = re.compile(r"^[a-z][a-z0-9_]+$")


@check(
    "NA101",
    "The chute's name is refused",
    Severity.REFUSED,
    each="chute",
    why="""The platform takes 3 to 127 letters, digits, dots, hyphens and underscores; the SDK
    checks nothing.""",
    fix="Use lower-case letters, digits and hyphens, at least three.",
    before='chute = Chute(username="alice", name="my chute!", ...)',
    after='chute = Chute(username="alice", name="my-chute", ...)',
)
def chute_name(chute: Chute) -> Iterator[Answer]:
    """Against the API's expression and length."""
    value = chute.value("name")
    if value.known and isinstance(value.value, str):
        if not CHUTE.fullmatch(value.value) or not 3 <= len(value.value) < 128:
            yield at(value.node, f"the platform refuses the name {value.value!r}")
    elif value.given and not value.known:
        yield unsure(value.node, f"the name cannot be seen: {value.why}")


@check(
    "NA102",
    "The name is kept for TEE chutes",
    Severity.REFUSED,
    each="chute",
    why='Names with "TEE" inside, or ending in "tee" in any case, need tee=True.',
    fix="Pass tee=True, or use another name.",
    before='chute = Chute(name="committee", tee=False, ...)',
    after='chute = Chute(name="committee", tee=True, ...)',
)
def tee_name(chute: Chute) -> Iterator[Answer]:
    """Such names on chutes whose tee is not true."""
    name, tee = chute.value("name"), chute.value("tee")
    if (
        name.known
        and isinstance(name.value, str)
        and not (tee.given and not tee.known)
        and ("TEE" in name.value or name.value.lower().endswith("tee"))
        and tee.value is not True
    ):
        yield at(name.node, f"{name.value!r} needs tee=True")


@check(
    "NA103",
    "The image's name or tag is refused",
    Severity.REFUSED,
    each="image",
    why="""The platform takes image names of 3 to 65 characters and tags of 2 to 33. The SDK
    lets "ab" and "1" pass.""",
    fix="Use a longer name, and a tag such as 1.0.",
    before='Image(username="alice", name="sd", tag="1")',
    after='Image(username="alice", name="sdxl", tag="1.0")',
)
def image_name(image: Image) -> Iterator[Answer]:
    """Against the API's and the SDK's expressions."""
    for argument, pattern in (("name", IMAGE), ("tag", TAG)):
        value = image.value(argument)
        if (
            value.known
            and isinstance(value.value, str)
            and (not pattern.fullmatch(value.value) or not CLIENT.fullmatch(value.value))
        ):
            yield at(value.node, f"the image's {argument} {value.value!r} is refused")


@check(
    "NA104",
    "Capital letters in an image's name",
    Severity.BREAKS,
    each="image",
    why="""The SDK computes the image's id from lower-cased text, the platform in some versions
    from the text as it is: the image is built and never found.""",
    fix="Write the image's name and tag in lower case.",
    before='Image(username="alice", name="SDXL", tag="V1")',
    after='Image(username="alice", name="sdxl", tag="v1")',
)
def image_capitals(image: Image) -> Iterator[Answer]:
    """Upper-case letters in name or tag."""
    for argument in ("name", "tag"):
        value = image.value(argument)
        if value.known and isinstance(value.value, str) and value.value != value.value.lower():
            yield at(value.node, f"{value.value!r} and {value.value.lower()!r} have different ids")


@check(
    "NA105",
    "The file's name is refused",
    Severity.REFUSED,
    each="chute",
    why="A deploy sends the file's name, which must be lower-case letters, digits and underscores, "
    "starting with a letter.",
    fix="Rename the file, for instance to chute.py.",
    before="my-chute.py",
    after="my_chute.py",
)
def file_name(chute: Chute) -> Iterator[Answer]:
    """The file that declares the chute's variable."""
    name = PurePosixPath(chute.module.path).name
    if not FILE.fullmatch(name):
        yield Place(
            chute.module.path, chute.site.lineno, f"the platform refuses the file name {name}"
        )


@check(
    "NA106",
    "The chute's variable is refused",
    Severity.REFUSED,
    each="chute",
    why="""MODULE:VARIABLE is part of a deploy. The variable must be lower-case letters, digits and
    underscores, start with a letter and have two characters at least.""",
    fix="Call it chute, or prod and staging.",
    before="MyChute = Chute(...)",
    after="chute = Chute(...)",
)
def variable(chute: Chute) -> Iterator[Answer]:
    """Module-level variables that hold a chute."""
    if chute.variable and not VARIABLE.fullmatch(chute.variable):
        yield at(chute.site, f"{chute.variable} cannot be deployed")


@check(
    "NA107",
    "The user name is none the platform has",
    Severity.REFUSED,
    each="chute",
    why="""User names have 3 to 15 letters, digits, underscores and hyphens. The chute and its
    image are looked up by them.""",
    fix="Use the name that `chutes register` was given.",
    before='chute = Chute(username="alice@example.com", ...)',
    after='chute = Chute(username="alice", ...)',
)
def user_name(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """Of the chute and of the image it is built with, against the limit of the template's data."""
    limit = sdk.limits()["username"]
    declared: tuple[Chute | Image | None, ...] = (chute, repository.image(chute))
    for named in declared:
        value = named.value("username") if named is not None else None
        if (
            value is not None
            and value.known
            and isinstance(value.value, str)
            and not sdk.within(value.value, limit)
        ):
            yield at(value.node, f"the user name {value.value!r} must be {limit['because']}")


@check(
    "NA108",
    "The name belongs to a subnet of the platform",
    Severity.REFUSED,
    each="chute",
    why="""Names with affine, babelbit, leoma, turbovision or vocence anywhere in them, and since
    mid-2026 with chronoseek, glyph or prometheon, are kept for the registered miners of these
    subnets: everybody else is answered 403. raffinement and leomaster are such names as well.""",
    fix="Use a name without that word, or waive this check as a registered miner of the subnet.",
    before='chute = Chute(name="glyph-art", ...)',
    after='chute = Chute(name="letter-art", ...)',
)
def reserved_name(chute: Chute) -> Iterator[Answer]:
    """The words in the lower-cased name; an engine builder's chute is named by model_name."""
    value = chute.value("name" if "name" in chute.kind.parameters else "model_name")
    if value.known and isinstance(value.value, str):
        word = next((word for word in sdk.RESERVED_WORDS if word in value.value.lower()), None)
        if word is not None:
            yield at(value.node, f"{value.value!r} has {word!r} in it: the platform answers 403")
