"""What is pinned stays pinned: locks, base images, image tags and `pin` itself."""

import base64
import datetime
import hashlib
import http.server
import ipaddress
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from dockerfile_parse import DockerfileParser
from dxf import DXF

from scaffold.creation.digest import look_up
from scaffold.errors import BadUsage, Failed, OutsideFailure
from scaffold.pins import pin as pins
from scaffold.pins import registry
from scaffold.pins.floating import floating
from scaffold.pins.locks import ANYWHERE, compile_lock
from support.command import Run
from support.harness import free_port
from support.images import TEMPLATE, dockerfile, flipped, render
from support.machine import need, online

ENGINES = ("diffusers", "vllm", "sglang")
NEW_COMMIT = "b" * 40
AMD64 = {"os": "linux", "architecture": "amd64"}
ARM64 = {"os": "linux", "architecture": "arm64"}
INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(
        tmp_path_factory.mktemp("rendered") / "repository", base_image="parachutes/base:1.2.3"
    )


@pytest.fixture
def repository(rendered: Path, tmp_path: Path) -> Path:
    """A repository of its own for each test."""
    return Path(shutil.copytree(rendered, tmp_path / "repository"))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


# --- a real registry ------------------------------------------------------------------------------


class Registry:
    """Debian's docker-registry on loopback, with images made of nothing."""

    def __init__(self, folder: Path, port: int, **sections: object) -> None:
        self.folder = folder
        self.address = f"127.0.0.1:{port}"
        http_section = {"addr": self.address, **sections.pop("http", {})}  # type: ignore[dict-item]
        config = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
            "http": http_section,
            **sections,
        }
        (folder / "config.yml").write_text(json.dumps(config))
        self.process = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(port)

    def push(self, name: str, tag: str, *platforms: dict[str, str]) -> str:
        """Push an image, or with platforms an index of images; return its digest."""
        client = DXF(self.address, name, insecure=True)
        empty = b"{}"
        config = f"sha256:{hashlib.sha256(empty).hexdigest()}"
        blob = self.folder / "empty.json"
        blob.write_bytes(empty)
        client.push_blob(str(blob))
        image = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {
                    "mediaType": "application/vnd.docker.container.image.v1+json",
                    "size": len(empty),
                    "digest": config,
                },
                "layers": [],
            }
        )
        client.set_manifest(tag, image)
        digest = f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"
        if not platforms:
            return digest
        entry = {"mediaType": MANIFEST, "size": len(image), "digest": digest}
        index = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": INDEX,
                "manifests": [{**entry, "platform": platform} for platform in platforms],
            }
        )
        client.set_manifest(tag, index)
        return f"sha256:{hashlib.sha256(index.encode()).hexdigest()}"


def wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


@pytest.fixture
def start_registry(tmp_path: Path) -> Iterator[Callable[..., Registry]]:
    need("docker-registry")
    started: list[Registry] = []

    def start(port: int, **sections: object) -> Registry:
        folder = tmp_path / "registry"
        folder.mkdir(exist_ok=True)
        started.append(Registry(folder, port, **sections))
        return started[-1]

    yield start
    for running in started:
        running.process.terminate()
        running.process.wait(10)


@pytest.fixture
def hub(start_registry: Callable[..., Registry], monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Stands in for Docker Hub."""
    running = start_registry(free_port())
    monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"http://{running.address}")
    return running


@pytest.mark.path
def test_tag_of_one_image_gets_its_digest(hub: Registry) -> None:
    digest = hub.push("parachutes/base", "1.2.3")
    assert registry.pinned("parachutes/base:1.2.3") == f"parachutes/base:1.2.3@{digest}"


def test_image_for_several_platforms_keeps_the_digest_of_its_index(hub: Registry) -> None:
    digest = hub.push("parachutes/base", "1.2.3", ARM64, AMD64)
    assert registry.pinned("parachutes/base:1.2.3") == f"parachutes/base:1.2.3@{digest}"


def test_moved_tag_replaces_an_old_digest(hub: Registry) -> None:
    old = hub.push("parachutes/base", "1.2.3")
    new = hub.push("parachutes/base", "1.2.3", AMD64)
    assert registry.pinned(f"parachutes/base:1.2.3@{old}") == f"parachutes/base:1.2.3@{new}"


def test_image_for_other_platforms_only_is_refused(hub: Registry) -> None:
    hub.push("parachutes/base", "1.2.3", ARM64)
    with pytest.raises(Failed, match="linux/amd64"):
        registry.pinned("parachutes/base:1.2.3")


def test_missing_tag_is_named(hub: Registry) -> None:
    hub.push("parachutes/base", "1.2.3")
    with pytest.raises(Failed, match=r"no public image parachutes/base:9\.9\.9"):
        registry.pinned("parachutes/base:9.9.9")


def test_registry_that_is_not_there_is_an_outside_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(OutsideFailure, match="did not answer"):
        registry.pinned("parachutes/base:1.2.3", attempts=2, timeout=1)


def test_registry_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(OutsideFailure, match="Timeout"):
            registry.pinned("parachutes/base:1.2.3", attempts=2, timeout=0.5)


def test_failing_registry_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST}).encode()
    with answering((503, b"{}"), (200, manifest)) as (url, paths):
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", url)
        pinned = registry.pinned("parachutes/base:1.2.3")
    assert pinned.endswith(hashlib.sha256(manifest).hexdigest())
    assert paths == ["/v2/parachutes/base/manifests/1.2.3"] * 2


def test_anonymous_token_is_fetched_where_one_is_wanted(
    start_registry: Callable[..., Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path)
    open_one = start_registry(free_port())
    digest = open_one.push("parachutes/base", "1.2.3")
    scopes: list[str] = []
    with token_server(certificate, key, scopes) as realm:
        closed = start_registry(
            free_port(),
            http={"tls": {"certificate": str(certificate), "key": str(key)}},
            auth={
                "token": {
                    "realm": realm,
                    "service": "test",
                    "issuer": "test",
                    "rootcertbundle": str(certificate),
                }
            },
        )
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"https://{closed.address}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert registry.pinned("parachutes/base:1.2.3").endswith(digest)
    assert scopes == ["repository:parachutes/base:pull"]


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, which signs tokens too, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return files


@contextmanager
def serving(
    answer: Callable[[str], tuple[int, bytes]], tls: tuple[Path, Path] | None = None
) -> Iterator[str]:
    """An HTTP server whose GET is `answer`; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@contextmanager
def answering(*answers: tuple[int, bytes]) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers one after the other; yields its address and the paths."""
    paths: list[str] = []

    def answer(path: str) -> tuple[int, bytes]:
        paths.append(path)
        return answers[min(len(paths), len(answers)) - 1]

    with serving(answer) as url:
        yield url, paths


@contextmanager
def token_server(certificate: Path, key: Path, scopes: list[str]) -> Iterator[str]:
    """Gives anybody a token to pull, as Docker Hub's does; yields the realm."""
    der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(
        serialization.Encoding.DER
    )

    def answer(path: str) -> tuple[int, bytes]:
        scope = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["scope"][0]
        scopes.append(scope)
        kind, name, actions = scope.split(":")
        now = int(time.time())
        claims = {
            **{"iss": "test", "sub": "", "aud": "test", "jti": "1"},
            **{"iat": now, "nbf": now - 60, "exp": now + 60},
            "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
        }
        token = jwt.encode(
            claims,
            key.read_text(),
            algorithm="RS256",
            headers={"x5c": [base64.b64encode(der).decode()]},
        )
        return 200, json.dumps({"token": token}).encode()

    with serving(answer, (certificate, key)) as url:
        yield f"{url}/token"


# --- the digest while a repository is made --------------------------------------------------------

BASE = "parachutes/python:3.12.9"


def made(chute_new: Run, *options: str) -> dict[str, Any]:
    """What `create --json` says of a small run."""
    run = chute_new("out", "--defaults", "--set", "username=alice", "--set", "name=my-chute",
                    "--no-git", "--no-verify", "--json", *options)  # fmt: skip
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


def test_create_pins_the_base_image_when_the_registry_answers(
    chute_new: Run, hub: Registry, tmp_path: Path
) -> None:
    digest = hub.push("parachutes/python", "3.12.9", AMD64)
    document = made(chute_new)
    assert document["answers"]["base_image"] == f"{BASE}@{digest}"
    assert not any("tag only" in warning for warning in document["warnings"])
    assert [stale.what for stale in floating(tmp_path / "out")] == []
    fresh = render(tmp_path / "fresh", "diffusers", base_image=f"{BASE}@{digest}")
    assert contents(tmp_path / "out") == contents(fresh)


def test_create_asks_nobody_when_offline_or_rehearsing(
    chute_new: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with answering((500, b"")) as (url, paths):
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", url)
        for option in ("--offline", "--dry-run"):
            assert made(chute_new, option)["answers"]["base_image"] == BASE
            shutil.rmtree(tmp_path / "out", ignore_errors=True)
        assert paths == []


def test_create_goes_on_with_the_tag_when_the_registry_fails(
    chute_new: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering((503, b"")) as (url, paths):
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", url)
        document = made(chute_new)
    assert paths != []
    assert document["answers"]["base_image"] == BASE
    said = [warning for warning in document["warnings"] if "status 503" in warning]
    assert len(said) == 1
    assert said[0].endswith("did not answer: status 503.")


def test_create_waits_for_a_silent_registry_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"http://127.0.0.1:{silent.getsockname()[1]}")
        base = look_up(BASE, seconds=0.2)
    assert base.image == BASE
    assert "The registry" in base.reason


def test_a_digest_that_was_given_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering((500, b"")) as (url, paths):
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", url)
        given = f"{BASE}@sha256:{'0' * 64}"
        assert look_up(given).image == given
        assert paths == []


# --- pin ------------------------------------------------------------------------------------------


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stands in for the model hub, where every model has a new commit."""
    with answering((200, json.dumps({"sha": NEW_COMMIT}).encode())) as (url, _):
        monkeypatch.setenv("HF_ENDPOINT", url)
        yield


@pytest.mark.path
def test_pin_writes_digest_commit_and_tag_into_module_and_answers(
    repository: Path, hub: Registry, models: None
) -> None:
    digest = hub.push("parachutes/base", "1.2.3", AMD64)
    found = pins.pin(repository, only=["base", "model"])
    base = f"parachutes/base:1.2.3@{digest}"
    assert found.written == ("chute.py", ".copier-answers.yml")
    code = (repository / "chute.py").read_text()
    assert f'BASE_IMAGE = "{base}"' in code
    assert f'REVISION = "{NEW_COMMIT}"' in code
    answers = (repository / ".copier-answers.yml").read_text()
    assert f"base_image: {base}" in answers
    assert f"revision: {NEW_COMMIT}" in answers
    assert {"base image", "image tag"} <= {stale.what for stale in found.stale}
    again = pins.pin(repository, check=True, only=["base", "model"])
    assert [stale for stale in again.stale if stale.where == "chute.py"] == []
    tag = subprocess.run(
        [sys.executable, "-m", "chutekit.ops.image_tag", "--check"],
        cwd=repository,
        capture_output=True,
    )
    assert tag.returncode == 0


def test_pin_lists_the_files_that_the_repository_downloads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = render(tmp_path / "repository", "diffusers")
    names = ("unet/model.fp16.safetensors", "unet/model.safetensors", "unet/model.bin")
    siblings: list[dict[str, Any]] = [
        {"rfilename": name, "lfs": {"sha256": f"{number}" * 64, "size": 5_000_000_000 + number}}
        for number, name in enumerate(names)
    ]
    siblings.append({"rfilename": "model_index.json", "size": 600, "blobId": "0" * 40})
    document = json.dumps({"sha": NEW_COMMIT, "siblings": siblings}).encode()
    with answering((200, document)) as (url, paths):
        monkeypatch.setenv("HF_ENDPOINT", url)
        found = pins.pin(repository, only=["model"])
        again = pins.pin(repository, only=["model"])
    assert paths[0].endswith("/revision/main?blobs=true")
    code = (repository / "chute.py").read_text()
    line = f"{'0' * 64} 5000000000 unet/model.fp16.safetensors"
    assert f'WEIGHTS = """\n{line}\n"""' in code
    assert "1 files, 5.0 GB" in [stale.wanted for stale in found.stale]
    assert "weights" not in [stale.what for stale in again.stale]
    for lint in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *lint, "--quiet", "chute.py"]
        assert subprocess.run(command, cwd=repository).returncode == 0


def test_tag_that_pin_writes_is_the_one_copier_renders(
    repository: Path, hub: Registry, tmp_path: Path
) -> None:
    digest = hub.push("parachutes/base", "1.2.3")
    pins.pin(repository, only=["base"])
    fresh = render(tmp_path / "fresh", base_image=f"parachutes/base:1.2.3@{digest}")
    tag = re.compile(r"^IMAGE_TAG = .*$", re.MULTILINE)
    assert tag.findall((repository / "chute.py").read_text()) == tag.findall(
        (fresh / "chute.py").read_text()
    )


def test_check_writes_nothing(repository: Path, hub: Registry, models: None) -> None:
    hub.push("parachutes/base", "1.2.3")
    before = contents(repository)
    found = pins.pin(repository, check=True, only=["base", "model"])
    assert contents(repository) == before
    for stale in found.as_json()["stale"]:
        assert set(stale) == {"what", "where", "now", "wanted", "why"}
        assert stale["now"] != stale["wanted"]
    assert "base image" in found.table()


def test_failing_hub_leaves_every_file_as_it_was(
    repository: Path, hub: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.push("parachutes/base", "1.2.3")
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    before = contents(repository)
    with pytest.raises(OutsideFailure) as stopped:
        pins.pin(repository, only=["base", "model"])
    assert stopped.value.code == 4
    assert contents(repository) == before


def test_unreachable_package_index_leaves_every_file_as_it_was(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    before = contents(repository)
    with pytest.raises(OutsideFailure) as stopped:
        pins.pin(repository, only=["packages"])
    assert stopped.value.code == 4
    assert contents(repository) == before


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match=r"no chute\.py"):
        pins.pin(tmp_path)


@pytest.mark.whole
def test_held_back_package_is_found_and_refreshed(repository: Path) -> None:
    online()
    lock = repository / "requirements" / "dev.lock"
    fresh = lock.read_text()
    now = re.search(r"^idna==(\S+)", fresh, re.MULTILINE)
    assert now
    lock.write_text(fresh.replace(f"idna=={now[1]}", "idna==3.4"))
    found = pins.pin(repository, only=["packages"])
    assert ("idna", "3.4") in {(stale.what, stale.now) for stale in found.stale}
    assert "requirements/dev.lock" in found.written
    assert "idna==3.4 " not in lock.read_text()


# --- what floats ----------------------------------------------------------------------------------

WORKFLOW = ".github/workflows/planted.yml"
HOOKS = ".pre-commit-config.yaml"
ACTION = ".github/actions/planted/action.yml"
STEP = '    .add("requirements/constraints.txt'
DEV, IMAGE = "requirements/dev.lock", "requirements/image.lock"

# File, what is replaced there ("" appends), by what, and where the finding must be.
PLANTED = [
    (DEV, r"^(httpx)==\S+", r"\1>=0.1", DEV),
    (DEV, r"^(chutes)==\S+", r"\1==0.1", DEV),
    (DEV, r"^(pytest==\S+)( \\\n    --hash=\S+)+", r"\1", DEV),
    (DEV, r"^chutes==(.|\n    )*\n", "", DEV),
    (DEV, r"^(attrs)==\S+", r"\1==26.*", DEV),
    (DEV, "", "\n--extra-index-url https://example.org/simple\n", DEV),
    (IMAGE, r"^(vllm)==\S+", r"\1==0.8.3", IMAGE),
    (IMAGE, r"^(torch)==\S+", r"\1", IMAGE),
    ("requirements/image.in", r"^(vllm)==\S+", r"\1==0.33.0", IMAGE),
    ("requirements/constraints.txt", r"^torch==.*\n", "", "requirements/constraints.txt"),
    ("requirements/constraints.txt", r"^(numpy)==.*", r"\1==1.0", "requirements/constraints.txt"),
    ("chute.py", r"^BASE_IMAGE = .*", 'BASE_IMAGE = "parachutes/python:latest"', "chute.py"),
    ("chute.py", r"^BASE_IMAGE = .*", 'BASE_IMAGE = "parachutes/python:3.12.9"', "chute.py"),
    ("chute.py", r"^REVISION = .*", 'REVISION = "main"', "chute.py"),
    ("chute.py", r"^REVISION = .*", 'REVISION = "b6f1a2c"', "chute.py"),
    ("chute.py", r"--require-hashes ", "", "chute.py"),
    (WORKFLOW, "", "      - uses: actions/checkout@v4\n", WORKFLOW),
    (WORKFLOW, "", "      - uses: actions/setup-python@main\n", WORKFLOW),
    (WORKFLOW, "", "    runs-on: ubuntu-latest\n", WORKFLOW),
    (WORKFLOW, "", "          python-version: 3.x\n", WORKFLOW),
    (WORKFLOW, "", "        image: redis:7\n", WORKFLOW),
    (WORKFLOW, "", "      - run: pip install chute-new\n", WORKFLOW),
    (HOOKS, "", "    rev: v0.5.0\n", HOOKS),
    (HOOKS, "", "        additional_dependencies: [types-requests]\n", HOOKS),
    (ACTION, "", "    - uses: actions/cache@v4\n", ACTION),
    (WORKFLOW, "", "      - uses: docker://alpine:3.19\n", WORKFLOW),
    (WORKFLOW, "", "      - run: curl -fsSL https://example.org/install.sh | sh\n", WORKFLOW),
    (WORKFLOW, "", "      - run: pipx install ruff\n", WORKFLOW),
    (WORKFLOW, "", "      - run: npx eslint\n", WORKFLOW),
    (WORKFLOW, "", "      - run: docker run redis:7\n", WORKFLOW),
    (DEV, "", "-e .\n", DEV),
    (DEV, "", "-i https://example.org/simple\n", DEV),
    (DEV, "", "requests @ git+https://example.org/requests\n", DEV),
    (IMAGE, "", "./local.whl\n", IMAGE),
    ("Makefile", "", "tools:\n\tuv pip install ruff\n", "Makefile"),
    ("tools/get.sh", "", "git clone https://example.org/tools\n", "tools/get.sh"),
    ("Dockerfile", "", "FROM python:3.12\n", "Dockerfile"),
    ("chutekit/serving/x.py", "", 'load("a/b", revision="main")\n', "chutekit/serving/x.py"),
    ("chute.py", r"^REVISION = .*", "REVISION = None", "chute.py"),
    ("chute.py", r"^.*PIP_CONSTRAINT.*\n", "", "chute.py"),
    ("chute.py", rf"^{re.escape(STEP)}", f'    .apt_install("ffmpeg")\n{STEP}', "chute.py"),
    ("chute.py", r'"pip install ', '"apt-get install -y ffmpeg && pip install ', "chute.py"),
    ("chute.py", r'image\.lock"\n', 'image.lock && pip install torch"\n', "chute.py"),
]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which nothing floats."""
    base = f"parachutes/python:3.12.9@sha256:{'0' * 64}"
    return render(tmp_path_factory.mktemp("firm") / "repository", base_image=base)


def test_nothing_floats_in_a_new_repository_with_a_digest(firm: Path) -> None:
    assert list(floating(firm)) == []


@pytest.mark.parametrize(("file", "old", "new", "where"), PLANTED, ids=range(len(PLANTED)))
def test_planted_floating_pin_is_found(
    firm: Path, tmp_path: Path, file: str, old: str, new: str, where: str
) -> None:
    repository = Path(shutil.copytree(firm, tmp_path / "repository"))
    path = repository / file
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text() if path.is_file() else ""
    planted = re.sub(old, new, text, count=1, flags=re.MULTILINE) if old else text + new
    assert planted != text
    path.write_text(planted)
    assert where in {stale.where for stale in floating(repository)}


FIRM = f"""
      - uses: actions/cache@{"a" * 40}
      - uses: ./.github/actions/own
      - run: pip install --require-hashes -r requirements/dev.lock
      - run: pipx install ruff==0.14.0
      - run: npx eslint@9.1.0
      - run: docker run redis@sha256:{"b" * 64}
      - run: sudo apt-get install -y redis-server=5:7.0.15-1
      - run: git clone https://example.org/x && git -C x checkout {"c" * 40}
      - run: curl -fsSLO https://example.org/x && sha256sum -c x.sha256
      - run: curl -f http://localhost:8000/health
"""


def test_what_is_pinned_is_left_alone(firm: Path, tmp_path: Path) -> None:
    repository = Path(shutil.copytree(firm, tmp_path / "repository"))
    (repository / WORKFLOW).parent.mkdir(parents=True, exist_ok=True)
    (repository / WORKFLOW).write_text(FIRM)
    assert list(floating(repository)) == []


def test_pin_check_names_all_that_is_planted_and_stale(
    firm: Path, tmp_path: Path, hub: Registry, models: None, chute_new: Run
) -> None:
    digest = hub.push("parachutes/python", "3.12.9", AMD64)
    repository = Path(shutil.copytree(firm, tmp_path / "repository"))
    kept = [plant for plant in PLANTED if plant[0] in (WORKFLOW, HOOKS, ACTION, "Makefile", DEV)]
    for file, old, new, _ in kept:
        path = repository / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text() if path.is_file() else ""
        path.write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE) if old else text + new)
    support = repository / "chutekit" / "serving" / "errors.py"
    support.write_text(f"{support.read_text()}\n")
    before = contents(repository)
    run = chute_new.fresh(
        "pin", str(repository), "--check", "--json", "--only=base", "--only=model"
    )
    assert run.returncode == 1, run.stderr
    found = json.loads(run.stdout)
    wanted = {stale["wanted"] for stale in found["stale"]}
    assert {f"{BASE}@{digest}", NEW_COMMIT} <= wanted
    assert {"base image", "image tag"} <= {stale["what"] for stale in found["stale"]}
    assert len(found["stale"]) >= len(kept) + 3
    assert found["written"] == []
    assert contents(repository) == before


# --- locks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_engine_is_asked_for_by_its_exact_version(engine: str) -> None:
    source = TEMPLATE / "project" / f"{{{{ layer.{engine} }}}}" / "requirements" / "image.in"
    assert re.search(rf"^{engine}==\d", source.read_text(), re.MULTILINE)


@pytest.mark.parametrize("engine", ENGINES)
def test_image_has_kernels_for_the_gpu_that_can_be_deployed(engine: str) -> None:
    """Compute capability 12.0 came with PyTorch 2.7 for CUDA 12.8."""
    folder = TEMPLATE / "project" / f"{{{{ layer.{engine} }}}}" / "requirements"
    locked = dict(
        re.findall(r"^([\w-]+)==([\w.]+)", (folder / "constraints.txt").read_text(), re.M)
    )
    assert tuple(map(int, locked["torch"].split(".")[:2])) >= (2, 7)
    assert tuple(map(int, locked["cuda-toolkit"].split(".")[:2])) >= (12, 8)


def test_lock_that_cannot_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    online()
    (tmp_path / "x.in").write_text("idna==0.0.0.1\n")
    (tmp_path / "x.lock").write_text("old\n")
    with pytest.raises(Failed, match=r"idna==0\.0\.0\.1"):
        compile_lock(tmp_path, "x.in", "x.lock", ANYWHERE)
    assert (tmp_path / "x.lock").read_text() == "old\n"


def test_package_with_a_changed_byte_is_refused(firm: Path, tmp_path: Path) -> None:
    online()
    lock = (firm / "requirements" / "image.lock").read_text()
    entry = re.search(r"^idna==.*(\n    --hash=.*)+", lock, re.MULTILINE)
    assert entry
    download = ["pip", "download", "--no-deps", "--require-hashes", "--quiet", "--dest", "files"]
    outcomes = []
    for text in (entry[0], re.sub(r"sha256:(.)", lambda digit: flipped(digit[1]), entry[0])):
        (tmp_path / "image.lock").write_text(f"{text}\n")
        command = [sys.executable, "-m", *download, "-r", "image.lock"]
        outcomes.append(subprocess.run(command, cwd=tmp_path, capture_output=True, text=True))
    assert outcomes[0].returncode == 0, outcomes[0].stderr
    assert outcomes[1].returncode != 0
    assert "DO NOT MATCH THE HASHES" in outcomes[1].stderr


# --- images ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_dockerfile_is_valid_and_lints_clean(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    need("hadolint")
    text = dockerfile(render(tmp_path / "repository", engine))
    parser = DockerfileParser(path=str(tmp_path))
    parser.content = text
    known = {"FROM", "USER", "RUN", "ADD", "ENV"}
    assert {step["instruction"] for step in parser.structure} <= known
    assert all("\n" not in step["content"].strip() for step in parser.structure)
    assert parser.envs["PIP_CONSTRAINT"] == "/app/requirements/constraints.txt"
    users = [step["value"] for step in parser.structure if step["instruction"] == "USER"]
    assert users[-1] == "chutes"
    # The SDK knows no COPY (DL3020), and the platform's user has a name (DL3066).
    lint = ["hadolint", "--ignore", "DL3020", "--ignore", "DL3066", "--format", "json", "-"]
    found = subprocess.run(lint, input=text, capture_output=True, text=True, check=False)
    assert json.loads(found.stdout) == []


def test_tag_changes_with_the_content_and_only_with_it(repository: Path) -> None:
    def wanted() -> str:
        command = [sys.executable, "-B", "-m", "chutekit.ops.image_tag", "--json"]
        done = subprocess.run(command, cwd=repository, capture_output=True, text=True)
        return str(json.loads(done.stdout)["wanted"])

    first = wanted()
    (repository / "chutekit" / "serving" / "notes.txt").write_text("not code, not in the image")
    (repository / ".env").write_text("CHUTES_API_KEY=cpk_secret")
    (repository / "chutekit" / "serving" / "__pycache__").mkdir(exist_ok=True)
    (repository / "chutekit" / "serving" / "__pycache__" / "app.pyc").write_bytes(b"")
    assert wanted() == first
    support = repository / "chutekit" / "serving" / "errors.py"
    original = support.read_text()
    support.write_text(f"{original}\n")
    assert wanted() != first
    support.write_text(original)
    assert wanted() == first
