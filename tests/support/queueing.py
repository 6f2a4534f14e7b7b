"""Queueing theory: what is known of lines without a simulation."""

import math


def erlang_b(servers: int, offered: float) -> float:
    """The share of requests lost when nobody waits."""
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return blocked


def waiting_mmc(servers: int, load: float) -> float:
    """Mean seconds in line, both times exponential, one second of work (Erlang C)."""
    blocked = erlang_b(servers, servers * load)
    return blocked / (1 - load * (1 - blocked)) / (servers * (1 - load))


def waiting_mdc(servers: int, load: float) -> float:
    """Mean seconds in line when all work takes one second (Crommelin)."""

    def tail(mean: float, first: int) -> float:
        last = first + int(20 * math.sqrt(mean)) + 200
        logs = (j * math.log(mean) - mean - math.lgamma(j + 1) for j in range(first, last))
        return sum(map(math.exp, logs))

    offered = servers * load
    total = 0.0
    for i in range(1, 400):
        total += tail(i * offered, i * servers) - tail(i * offered, i * servers + 1) / load
    return total
