"""Container registries on loopback: Debian's, with images made of nothing, and stand-ins."""

import base64
import datetime
import hashlib
import ipaddress
import json
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from dxf import DXF

from support.listening import listening

AMD64 = {"os": "linux", "architecture": "amd64"}
ARM64 = {"os": "linux", "architecture": "arm64"}
INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


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

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(Handler, tls) as url:
        yield url


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
