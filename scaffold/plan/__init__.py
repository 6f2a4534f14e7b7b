"""Sizing, simulation and search: what hardware and scaling settings a chute needs, before it runs.

    sizing      memory: what fits on which GPU            speed       seconds one request takes
    traffic     when requests arrive, how long they take  rules       the platform's rules, with sources
    simulation  the platform playing those rules          search      settings tried, the Pareto front
    report, page  terminal and HTML                       writing     settings into a file

numpy is imported here and nowhere else in the tool, so that other commands start without it.
"""
