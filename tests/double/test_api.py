"""The double's management API behaves as the platform's, without a generated repository."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support import platform_double
from support.platform_double import Double
from support.platform_double.identity import Identity
from support.platform_owner import CODE, CORD, IMAGE, NAME, SELECTOR, Owner, built_image

pytestmark = pytest.mark.whole

ABSENT = "Chute not found, or does not belong to you"
PLAIN = ("text/plain; charset=utf-8", "Internal Server Error")


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Double]:
    """A platform with one built image, whose time stands still at the start of a window."""
    with Double(Identity.new("alice"), tmp_path / "testing") as double:
        clock = double.world.clock
        clock.stop()
        clock.advance(3600 - clock.now() % 3600)
        built_image(double)
        yield double


@pytest.fixture
def owner(double: Double) -> Owner:
    """Whose platform it is."""
    return Owner(double, double.identity)


def test_the_code_route_answers_from_caches_that_a_deployment_does_not_clear(
    double: Double, owner: Owner
) -> None:
    chute = owner.deployed()
    path, clock = f"/chutes/code/{chute.chute_id}", double.world.clock
    assert [owner.get(path).text for _ in range(2)] == [CODE, CODE]
    version = owner.deployed(code="second = 2\n").version
    assert owner.get(f"/chutes/{chute.chute_id}").json()["version"] == version
    for _ in range(6):
        assert owner.get(path).text == CODE
        clock.advance(29.9)
    clock.advance(0.7)
    assert owner.get(path).text == "second = 2\n"


def test_what_a_process_remembers_outlives_what_is_shared(double: Double, owner: Owner) -> None:
    double.world.api_processes = 1
    chute = owner.deployed()
    path, clock = f"/chutes/code/{chute.chute_id}", double.world.clock
    clock.advance(10)
    owner.get(path)
    clock.advance(175)  # shared until 190, remembered from 180 to 210
    owner.get(path)
    owner.deployed(code="second = 2\n")
    clock.advance(24.9)
    assert owner.get(path).text == CODE
    clock.advance(0.2)
    assert owner.get(path).text == "second = 2\n"


def test_processes_disagree(double: Double, owner: Owner) -> None:
    name = str(uuid.uuid5(uuid.NAMESPACE_OID, f"alice::chute::{NAME}"))
    assert owner.get(f"/chutes/{name}").status_code == 404
    chute = owner.deployed()
    assert chute.chute_id == name
    seen = [owner.get(f"/chutes/{name}").status_code for _ in range(4)]
    assert sorted(seen) == [200, 200, 404, 404]
    assert seen[0] == seen[2]
    double.world.clock.advance(30)
    assert [owner.get(f"/chutes/{name}").status_code for _ in range(2)] == [200, 200]


def test_switching_off_clears_what_is_shared_and_not_what_a_process_remembers(
    double: Double, owner: Owner
) -> None:
    double.world.api_processes = 1
    chute = owner.deployed()
    assert owner.get(f"/chutes/code/{chute.chute_id}").text == CODE
    owner.deployed(code="second = 2\n")
    assert chute.chute_id in double.world.caches.shared
    answer = owner.ask("PUT", f"/chutes/{chute.chute_id}", json={"disabled": True})
    assert answer.status_code == 200
    assert chute.chute_id not in double.world.caches.shared
    assert owner.get(f"/chutes/code/{chute.chute_id}").text == CODE
    double.world.clock.advance(30)
    assert owner.get(f"/chutes/code/{chute.chute_id}").text == "second = 2\n"


def test_a_version_is_computed_and_changes_when_the_platform_patches_the_image(
    double: Double, owner: Owner
) -> None:
    chute = owner.deployed()
    before = owner.get(f"/chutes/{chute.chute_id}").json()
    label = f"{IMAGE}:initial:{CODE}"
    assert before["version"] == str(uuid.uuid5(uuid.NAMESPACE_OID, label))
    double.world.patch_image(IMAGE)
    after = owner.get(f"/chutes/{chute.chute_id}").json()
    patched = after["image"]["patch_version"]
    assert (len(patched), after["version"]) == (
        12,
        str(uuid.uuid5(uuid.NAMESPACE_OID, f"{IMAGE}:{patched}:{CODE}")),
    )
    assert after["version"] != before["version"]


@pytest.mark.parametrize("name", ["readme", "tag", "logo_id", "dockerfile", "username"])
def test_an_empty_form_field_is_a_missing_one(owner: Owner, name: str) -> None:
    answer = owner.upload(**{name: ""})
    problem = {"type": "missing", "loc": ["body", name], "msg": "Field required", "input": None}
    assert (answer.status_code, answer.json()) == (422, {"detail": [problem]})


def test_an_upload_is_refused_for_the_first_of_its_reasons(double: Double, owner: Owner) -> None:
    assert owner.upload().status_code == 202
    assert owner.upload().status_code == 409
    assert owner.upload(username="bob").status_code == 401
    broken = owner.upload(tag="1")
    assert (broken.status_code, broken.headers["Content-Type"], broken.text) == (500, *PLAIN)
    double.world.balance = 49.0
    assert owner.upload(tag="two").status_code == 402
    assert owner.upload(wait="perhaps").json()["detail"][0]["type"] == "bool_parsing"


def test_six_builds_use_up_a_day(double: Double, owner: Owner) -> None:
    for number in range(6):
        assert owner.upload(tag=f"tag-{number}").status_code == 202
        double.world.clock.advance(2)
    full = owner.upload(tag="seventh")
    detail = "You many only update/create 24 imagehistorys per 24 hours."
    assert (full.status_code, full.json()) == (429, {"detail": detail})
    double.world.clock.advance(86400)
    assert owner.upload(tag="seventh").status_code == 202


def test_deployments_are_counted_when_they_are_made(double: Double, owner: Owner) -> None:
    double.world.daily_limit = 2
    chute = owner.deployed()
    double.world.clock.advance(86390)
    owner.deployed(code="second = 2\n")
    assert owner.deploy(code="third = 3\n").status_code == 429
    double.world.clock.advance(20)
    owner.deployed(code="third = 3\n")
    assert owner.ask("DELETE", f"/chutes/{NAME}").status_code == 400
    assert owner.ask("DELETE", f"/chutes/{chute.chute_id}").json()["deleted"] is True
    assert owner.deploy().status_code == 429


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"name": "ab"}, 422, "at least 3"),
    ({"concurrency": 257}, 422, "less than or equal to 256"),
    ({"max_instances": 0}, 422, "greater than or equal to 1"),
    ({"max_instances": 101}, 422, "less than or equal to 100"),
    ({"scaling_threshold": 1.01}, 422, "less than or equal to 1"),
    ({"shutdown_after_seconds": 59}, 422, "greater than or equal to 60"),
    ({"shutdown_after_seconds": 604801}, 422, "less than or equal to 604800"),
    ({"tagline": "x" * 1025}, 422, "at most 1024"),
    ({"readme": "x" * 16385}, 422, "at most 16384"),
    ({"revision": "main"}, 422, "pattern"),
    ({"code": "x" * 150001}, 422, "at most 150000"),
    ({"node_selector": {**SELECTOR, "min_vram_gb_per_gpu": 15}}, 422, "equal to 16"),
    ({"node_selector": {**SELECTOR, "min_vram_gb_per_gpu": 141}}, 422, "equal to 140"),
    ({"node_selector": {**SELECTOR, "max_hourly_price_per_gpu": 0}}, 422, "greater than 0"),
    ({"node_selector": {**SELECTOR, "max_hourly_price_per_gpu": 10}}, 422, "less than 10"),
    ({"node_selector": {**SELECTOR, "include": ["gtx"]}}, 422, "Invalid GPU identifiers"),
    ({"name": "raffinement"}, 403, "affine"),
    ({"name": "Leomaster"}, 403, "leoma"),
    ({"name": "glyph-art"}, 403, "glyph"),
    ({"node_selector": {**SELECTOR, "include": ["h100"]}}, 400, "TEE private deployments"),
    ({"node_selector": {**SELECTOR, "gpu_count": 2}}, 400, "TEE private deployments"),
    ({"tee": False}, 400, "Only TEE chutes"),
    ({"tee": False, "name": "my-tee"}, 400, "Avoid using 'TEE'"),
    ({"public": True}, 400, "no longer supports public"),
    ({"image": "nowhere"}, 400, "Chute image not found"),
    (
        {"node_selector": {**SELECTOR, "exclude": ["a10", "a40", "l4", "l40", "l40s", "h100"]}},
        *(400, "Maximum of 5"),
    ),
    ({"standard_template": "vllm"}, 400, "Missing required revision"),
    ({"standard_template": "other"}, 400, "Invalid standard template"),
    ({"filename": "My-chute.py"}, 400, "Invalid entrypoint filename"),
    ({"ref_str": "chute"}, 400, "Invalid reference string"),
    ({"code": "def"}, 400, "Invalid code submited"),
    ({"cords": [{**CORD, "path": "/1"}]}, 400, "Invalid cord path"),
    ({"cords": [{**CORD, "public_api_path": "/run/"}]}, 400, "Invalid cord public path"),
    ({"cords": [{**CORD, "public_api_path": "/evidence"}]}, 400, "Invalid cord public path"),
    ({"cords": [{**CORD, "public_api_method": "PUT"}]}, 400, "Unsupported public API method"),
    ({"cords": []}, 400, "at least one cord"),
    ({"jobs": [{"name": "job"}]}, 400, "not both"),
]


@pytest.mark.parametrize(("changed", "status", "words"), REFUSED)
def test_a_chute_that_is_not_in_order_is_refused(
    double: Double, owner: Owner, changed: dict[str, Any], status: int, words: str
) -> None:
    answer = owner.deploy(**changed)
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert not double.world.chutes
    assert double.world.balance == 100


@pytest.mark.parametrize("changed", [{"concurrency": -5}, {"concurrency": 0}, {"filename": "a.py"}])
def test_a_chute_in_order_is_taken(owner: Owner, changed: dict[str, Any]) -> None:
    assert owner.deploy(**changed).status_code == 200


@pytest.mark.parametrize(
    "selector",
    [
        {**SELECTOR, "min_vram_gb_per_gpu": 140},
        {**SELECTOR, "max_hourly_price_per_gpu": 1},
        {**SELECTOR, "exclude": ["pro_6000"]},
        {**SELECTOR, "include": ["PRO_6000"]},
    ],
)
def test_a_selector_that_leaves_nothing_crashes_the_api(
    owner: Owner, selector: dict[str, Any]
) -> None:
    answer = owner.deploy(node_selector=selector)
    assert (answer.status_code, answer.headers["Content-Type"], answer.text) == (500, *PLAIN)


def test_what_is_stored_badly_later_crashes_the_api(owner: Owner) -> None:
    owner.deployed()
    assert owner.deploy(code="second = 2\n", filename="My.py").text == "Internal Server Error"


def test_the_server_takes_a_chute_whose_image_is_not_built(double: Double, owner: Owner) -> None:
    double.world.build_seconds = 10**6
    image = owner.upload().json()
    assert image["status"] == "pending build"
    assert owner.deploy(image=image["image_id"]).status_code == 200
    assert owner.deploy(name="another", image=f"{NAME}:one").status_code == 200


def test_the_fee_is_asked_for_and_taken_once(double: Double, owner: Owner) -> None:
    notice = owner.deploy(accept=False)
    assert notice.status_code == 402
    assert "$5.4\n" in notice.json()["detail"]
    double.world.balance = 5.0
    assert "balance of 5.0" in owner.deploy().text
    double.world.balance = 100.0
    owner.deployed()
    owner.deployed(code="second = 2\n")
    assert double.world.balance == pytest.approx(94.6)
    again = owner.deploy(code="second = 2\n")
    assert (again.status_code, again.json()["detail"].split(",")[0]) == (
        409,
        f"Chute with name={NAME}",
    )
    moved = {**SELECTOR, "gpu_count": 1, "exclude": ["a10"], "include": ["pro_6000"]}
    assert owner.deploy(code="third = 3\n", node_selector=moved).status_code == 200


SHOWN = """
    chute_id name tagline readme public version tool_description slug standard_template
    cords jobs cord_ref_id created_at updated_at image user supported_gpus node_selector
    invocation_count current_estimated_price instances logo_id openrouter chutes_version
    revision concurrency boost max_instances scaling_threshold shutdown_after_seconds
    preemptible allow_external_egress tee lock_modules effective_compute_multiplier
    compute_multiplier_factors bounty logo hot
"""


def test_a_chute_is_shown_with_the_fields_of_its_day(double: Double, owner: Owner) -> None:
    chute = owner.deployed()
    assert sorted(owner.get(f"/chutes/{chute.chute_id}").json()) == sorted(SHOWN.split())
    double.world.shows_disabled = True
    shown = owner.get(f"/chutes/{NAME}").json()
    assert sorted(shown) == sorted([*SHOWN.split(), "disabled"])
    assert shown["current_estimated_price"]["usd"]["hour"] == pytest.approx(1.8)


def test_excluded_gpus_are_added_and_come_in_any_order(owner: Owner) -> None:
    chute = owner.deployed()
    orders = {
        tuple(owner.get(f"/chutes/{chute.chute_id}").json()["node_selector"]["exclude"])
        for _ in range(40)
    }
    assert orders == {("b200", "mi300x"), ("mi300x", "b200")}
    own = owner.deployed(name="other", node_selector={**SELECTOR, "exclude": ["a10"]})
    assert owner.get(f"/chutes/{own.chute_id}").json()["node_selector"]["exclude"] == ["a10"]


def test_what_a_deployment_answers_has_neither_price_nor_computed_gpus(owner: Owner) -> None:
    answer = owner.deploy().json()
    assert answer["current_estimated_price"] is None
    assert "supported_gpus" not in answer["node_selector"]


def test_to_strangers_nothing_is_there(double: Double, owner: Owner) -> None:
    chute = owner.deployed()
    for path in (f"/chutes/{chute.chute_id}", f"/chutes/code/{chute.chute_id}"):
        answer = httpx.get(double.url + path)
        assert (answer.status_code, answer.json()) == (404, {"detail": ABSENT})
    assert httpx.get(f"{double.url}/chutes/").json()["items"] == []
    assert httpx.get(f"{double.url}/chutes/warmup/{NAME}").status_code == 401
    assert httpx.get(f"{double.url}/nowhere").json() == {"detail": "Authentication required."}


def test_a_key_for_calls_is_none_for_the_management(double: Double, owner: Owner) -> None:
    headers = {"Authorization": f"Bearer {owner.key()}"}
    for path in ("/images/", "/chutes/", "/users/me"):
        answer = httpx.get(double.url + path, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (
            401,
            "Invalid token or user not found",
        )


def test_keys_are_made_without_asking_for_their_chute(owner: Owner) -> None:
    scope = {"object_type": "chutes", "object_id": "nobody", "action": "invoke"}
    wanted = {"admin": False, "name": "app", "scopes": [scope]}
    made = owner.ask("POST", "/api_keys/", json=wanted).json()
    assert len(made["secret_key"]) == 102
    assert made["scopes"][0]["object_id"] == "nobody"
    assert owner.ask("POST", "/api_keys/", json=wanted).status_code == 409
    long = {**wanted, "name": "x" * 25}
    assert owner.ask("POST", "/api_keys/", json=long).status_code == 400
    assert "secret_key" not in owner.get(f"/api_keys/{made['api_key_id']}").json()


def test_secrets_belong_to_a_chute_and_some_are_banned(owner: Owner) -> None:
    chute = owner.deployed()
    secret = {"purpose": NAME, "key": "HF_TOKEN", "value": "hf_x"}
    made = owner.ask("POST", "/secrets/", json=secret).json()
    assert made["purpose"] == chute.chute_id
    assert owner.ask("POST", "/secrets/", json=secret).status_code == 409
    for key in ("PYTHONPATH", "ld_preload", "https_proxy"):
        banned = owner.ask("POST", "/secrets/", json={**secret, "key": key})
        assert (banned.status_code, banned.json()) == (
            403,
            {"detail": f"Banned secret key: {key}"},
        )
    owner.ask("DELETE", f"/secrets/{made['secret_id']}")
    assert owner.get("/secrets/").json()["total"] == 0


def test_time_passes_for_builds_instances_and_updates(double: Double, owner: Owner) -> None:
    world = double.world
    world.build_seconds, world.cold_seconds, world.rolling_seconds = 400, 300, 60
    image = owner.upload().json()["image_id"]
    chute = owner.deployed(image=image)
    assert owner.get(f"/chutes/warmup/{NAME}?quick=true").json()["status"] == "cold"
    world.clock.advance(299)
    assert owner.get(f"/images/{image}").json()["status"] == "building"
    assert owner.get(f"/chutes/{NAME}").json()["hot"] is False
    world.clock.advance(101)
    assert owner.get(f"/images/{image}").json()["status"] == "built and pushed"
    assert owner.get(f"/chutes/{NAME}").json()["hot"] is True
    owner.deployed(image=image, code="second = 2\n")
    assert {one.version == chute.version for one in chute.instances} == {True, False}
    world.clock.advance(61)
    (instance,) = owner.get(f"/chutes/{NAME}").json()["instances"]
    assert instance["active"] is False


def test_a_signature_is_as_old_as_the_machines_clock_says(double: Double, owner: Owner) -> None:
    double.world.clock.advance(10**6)
    assert owner.get("/users/me").status_code == 200


def test_instances_logs_have_bounds(double: Double, owner: Owner) -> None:
    owner.deployed()
    owner.get(f"/chutes/warmup/{NAME}?quick=true")
    (instance,) = owner.get(f"/chutes/{NAME}").json()["instances"]
    path = f"/instances/{instance['instance_id']}/logs?backfill=10001"
    assert owner.get(path).status_code == 400
    assert owner.get("/instances/none/logs").status_code == 404


def test_every_route_says_where_it_is_known_from(double: Double) -> None:
    table = (Path(platform_double.__file__).parent / "README.md").read_text()
    rows = set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \| .+ \| (?:May|live|assumed)", table, re.M))
    places = {"image_id": "image", "key_id": "key", "secret_id": "secret"}
    routes = {
        f"{route.method} " + re.sub(r"\{(\w+)[^}]*\}", lambda m: named(m[1], places), path)
        for route in double.application().router.routes()
        if route.method != "HEAD" and route.resource and (path := route.resource.canonical)
    }
    assert rows == routes


def named(name: str, places: dict[str, str]) -> str:
    """A place in a path as the table names it."""
    return "{" + places.get(name, name) + "}"
