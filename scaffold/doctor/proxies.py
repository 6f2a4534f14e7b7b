"""Proxies and certificates that the environment names."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from scaffold.doctor.finding import BUILD, DEPLOY, SETUP, Finding
from scaffold.doctor.machine import Machine
from scaffold.git import program

OUTWARD = (SETUP, BUILD, DEPLOY)
_HERE = ("127.0.0.1", "localhost")
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")


def findings(machine: Machine) -> Iterator[Finding]:
    """What of them cannot work, and what they keep from this machine's own servers."""
    usable = False
    given = named(machine)
    for name, value in given.items():
        if (why := _wrong(value)) is not None:
            remedy = f"{name}=http://HOST:PORT, or unset {name}"
            yield Finding("proxy", f"{name} {why}", remedy, OUTWARD)
        elif address(value).scheme.startswith("socks"):
            # Neither pip nor requests brings what speaks SOCKS; uv does.
            stops = (BUILD, DEPLOY) if program("uv") else OUTWARD
            message = f"{name} is a SOCKS proxy, which the locked packages do not speak"
            yield Finding("proxy-socks", message, f"{name}=http://HOST:PORT", stops)
        elif address(value).scheme == "https":
            message = f"{name} is asked for by TLS, which the SDK does not do: it goes past it"
            yield Finding("proxy-tls", message, f"{name}=http://HOST:PORT", (BUILD, DEPLOY))
        else:
            usable = True
    kinds = {name.lower(): name for name in given}
    if usable and "all_proxy" in kinds and "https_proxy" not in kinds:
        name = kinds["all_proxy"]
        yield Finding(
            "proxy-all",
            f"{name} alone is not seen by the SDK, which uploads and deploys",
            f'export HTTPS_PROXY="${name}"',
            (BUILD, DEPLOY),
        )
    if usable and not _spared(machine):
        yield Finding(
            "proxy-here",
            "a proxy is set and NO_PROXY does not name this machine, so clients such as curl "
            "ask the proxy for what make dev serves",
            f"export NO_PROXY={','.join(_HERE)}",
        )
    for name in _CERTIFICATES:
        path = machine.environment.get(name)
        if path and not Path(path).exists():
            message = f"{name} names {path}, which does not exist"
            stopped = (SETUP,) if name == "PIP_CERT" else OUTWARD
            yield Finding("certificates", message, f"unset {name}", stopped)


def named(machine: Machine) -> dict[str, str]:
    """The proxies by the names of their variables; of two alike only the one in small letters."""
    found = {}
    for kind in ("http_proxy", "https_proxy", "all_proxy"):
        for name in (kind, kind.upper()):
            if value := machine.environment.get(name):
                found[name] = value
                break
    return found


def address(value: str) -> SplitResult:
    """A proxy's address, whose scheme may be left out."""
    return urlsplit(value if "://" in value else f"http://{value}")


def _wrong(value: str) -> str | None:
    """Why an address can be none, without showing it: it may hold a password."""
    try:
        parts = address(value)
        _ = parts.port
    except ValueError:
        return "is no address"
    if not parts.hostname:
        return "names no host"
    if parts.scheme not in ("http", "https", "socks4", "socks4a", "socks5", "socks5h"):
        return f"begins with {parts.scheme}://, which is no kind of proxy"
    return None


def _spared(machine: Machine) -> bool:
    text = machine.environment.get("no_proxy") or machine.environment.get("NO_PROXY") or ""
    listed = [each.strip() for each in text.split(",")]
    return "*" in listed or all(host in listed for host in _HERE)
