"""Sizing, simulation and search: what hardware and scaling settings a chute needs, before it runs.

    command     one run of `plan`           planning    the parts put together
    planner     what a plan computes from   caveats     what people do not expect
    sizing      what fits on which GPU      speed       seconds one request takes
    traffic     when requests arrive        rules       the platform's rules, with sources
    simulation  the platform, played        search      settings tried, the Pareto front
    cadence     both ends of a range
    text, page  terminal and HTML           writing     settings into a file

A simulation is made of `serving` (requests: `admission`, `routing`) or, where they share an engine,
`sharing` (`clocks`), `fleet` (instances and the bill), `autoscaler` (what it decides), `gauge`
(what it sees) and `ledger` (what is counted).

numpy is imported here and nowhere else in the tool, so that other commands start without it.
"""
