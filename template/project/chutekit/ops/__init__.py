"""Build, stage, smoke-test, promote and roll back this chute, from a laptop or a pipeline.

A module imports only from lines above its own, and on its own line from what stands before it:

    account                                        the SDK's configuration file, read
    children, plain                                what others get to know; what they say, shown
    command                                        options, result, exit status; waiting, aloud
    declared, transport, platform                  the repository's words, the platform's words
    session, live                                  whose account; a chute as it is deployed now
    notes, releases, gateway, probes               what was sent, what was before; calls as a client
    status, cost, logs, check                      reads
    image_tag, keep_warm, key, secrets, stop       change one thing, deploy nothing
    bill, aim, asked, load                         a load: its cost, where to, how much; sent
    sdk                                            the SDK's own command line
    cli, build, deploy, smoke, promote, rollback   the way to production and back

`setup`, `pin` and `ports` import none of them: they run before, or without, what the others need.
"""
