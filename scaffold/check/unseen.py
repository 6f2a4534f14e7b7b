"""What can break a chute and cannot be seen in its repository, with the reason."""

UNSEEN: tuple[tuple[str, str], ...] = (
    (
        "How an account may deploy: roles, balance, limits of 24 deploys a day",
        "It is the account's, not the repository's; the API answers 402, 403 or 429.",
    ),
    (
        "Whether the tag or the name is taken already",
        "Only the platform knows; `chutes build` says so.",
    ),
    (
        "Whether secrets exist on the platform",
        "They are stored per chute; nothing in a repository shows them.",
    ),
    (
        "What an instance-hour will cost when several GPUs are eligible",
        "The rate is that of the card that is assigned.",
    ),
    (
        "Whether a host USER-NAME.chutes.ai is right",
        "The slug may have a suffix; only GET /chutes/{id} tells.",
    ),
    (
        "Whether the model fits into the GPU's memory",
        "It takes the model's figures; `chute-new plan` computes it.",
    ),
    (
        "Whether a user name or role in the body is trusted",
        "What a field means cannot be told from its name.",
    ),
    (
        "Whether a rate limiter counts the right thing",
        "In the process it sees one instance and no identity, whatever it counts.",
    ),
    (
        "Whether a cord is called like a function on a laptop",
        "The old remote-call mechanism looks like any call.",
    ),
    (
        "Whether a retry or circuit breaker ends in a 500",
        "It depends on what the wrapped function raises at run time.",
    ),
    (
        "Whether the base image has what the platform's build needs",
        "It takes the image: `chutes run does_not_exist:chute --generate-inspecto-hash` in it.",
    ),
    (
        "Whether a digest of the base image is the current one",
        "It takes the registry: `chute-new pin`.",
    ),
    ("Which SDK the platform appends to the image", "It is the platform's setting at build time."),
    (
        "Whether SQL, HTML or prompts are cleaned in a way that harms",
        "Cleaning and harming look alike.",
    ),
    (
        "Whether the entry module is too complex to become routable in a TEE",
        "It was reported, and no rule is known.",
    ),
    (
        "Whether two stages of an image are meant to be one",
        "Two Image objects in a file are legitimate.",
    ),
    (
        "Whether the CUDA code of a compiled wheel has kernels for the GPU",
        "It takes the wheel; only torch's version tells something (PI110).",
    ),
    (
        "What a second name, an idle tail or a health monitor costs",
        "Fees and billed hours depend on use; `chute-new plan` computes them.",
    ),
    (
        "Whether a start-up hook that raises was meant to fail fast",
        "It ends the process 60 seconds later, whatever was meant.",
    ),
    (
        "Whether a relative path in a hook exists in the image",
        "What commands and downloads create shows only when it runs; see SU111 and IM117.",
    ),
    (
        "Whether PUT on a deployed chute changes a setting",
        "It is a call to the API; which fields it honours depends on the platform's version.",
    ),
    (
        "Plain mistakes of Python, such as slicing dict.values()",
        "Linters and type checkers find them.",
    ),
    ("What other documentation says about deposits, spot prices or refunds", "It is not code."),
)
