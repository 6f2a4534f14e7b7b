"""Run by `process.py` in a process of its own: gives up what the code of a repository must not
have, waits for a word, and becomes that code. Imports nothing of this package.

The processes of one user can read each other's environment and memory, in /proc, whatever their
own environment holds. Landlock ends that without a privilege: a process in a domain can look into
none outside of it, above it or beside it, and from Linux 6.12 on it cannot signal one either.
https://docs.kernel.org/userspace-api/landlock.html (Ptrace restrictions; IPC scoping)
Root's CAP_PERFMON goes around that, as seen on 6.18, so of root's capabilities few are kept.
"""

import contextlib
import ctypes
import os
import signal
import struct
import sys

CANNOT_RUN = 127
SECONDS = 120
FILE_BYTES = 64 * 2**20
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
# The same numbers on every architecture.
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION = 1
# A domain has to handle something; nobody here makes block devices.
_MAKE_BLOCK = 1 << 11
_SCOPED = 0b11  # abstract sockets, signals
_PR_CAPBSET_DROP = 24
_CAPABILITIES, _CAPABILITY_VERSION = 64, 0x20080522
# To read and write files of others, as whoever runs this as root expects: CAP_DAC_OVERRIDE,
# CAP_DAC_READ_SEARCH, CAP_FOWNER.
_KEPT = (1, 2, 3)


def main(memory: int, parent: int, command: list[str]) -> None:
    """Never returns."""
    if sys.platform == "linux":
        _isolate(parent)
    _bound(memory)
    os.read(0, 1)  # until our parent cannot be looked into any more
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]} cannot be run: {error.strerror}\n".encode())
        os._exit(CANNOT_RUN)


def _isolate(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(CANNOT_RUN)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _give_up_capabilities(libc)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return
    fields = [_MAKE_BLOCK, 0, _SCOPED][: 1 if version < 4 else 2 if version < 6 else 3]
    rules = struct.pack(f"={len(fields)}Q", *fields)
    made = libc.syscall(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0)
    if made >= 0:
        libc.syscall(_RESTRICT_SELF, made, 0)
        os.close(made)


def _give_up_capabilities(libc: ctypes.CDLL) -> None:
    for number in range(_CAPABILITIES):
        if number not in _KEPT:
            libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    header = struct.pack("=II", _CAPABILITY_VERSION, 0)
    held = ctypes.create_string_buffer(24)  # effective, permitted, inheritable: low half, high half
    if libc.capget(header, held) == 0:
        mask = sum(1 << number for number in _KEPT)
        low = [part & mask for part in struct.unpack_from("=3I", held)]
        libc.capset(header, struct.pack("=6I", *low, 0, 0, 0))


def _bound(memory: int) -> None:
    """Limit memory, in bytes, processor time and file size, where the system can."""
    with contextlib.suppress(ImportError):
        import resource

        for kind, value in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, SECONDS),
            (resource.RLIMIT_FSIZE, FILE_BYTES),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(kind)
            wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (wanted, wanted))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
