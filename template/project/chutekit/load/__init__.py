"""Open-loop load on a chute, and what came of it; `chutekit.ops.load` is the command.

Requests are sent when they are due, whatever became of those before, and every latency counts from
the moment a request was due. A load that waits for answers before it sends more, or counts from
when it got around to sending, leaves out what its users would have waited while the server stood
still: "coordinated omission".

A module imports only from lines above its own:

    lengths, schedule, reading       how long texts are, when requests are due, what an answer says
    bodies, outcome                  what is sent; what became of a request
    figures, sending                 percentiles and rates; sending on time
    goals                            what the percentiles shall be, and the highest rate that does
    document, plots, page            the report for programs, and as a page with plots
"""
