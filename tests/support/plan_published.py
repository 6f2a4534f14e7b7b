"""The engine model beside published measurements, for its test and for benchmarks/engine.py.

A row: model, weights, gpu, gpus, in_flight, prompt and answer (tokens), what (`step`, or `token`
among the prompts of others), milliseconds, row (`fitted` or `held back`), source.
"""

from scaffold import memory
from scaffold.plan.engine import Constants, Engine, Tokens
from scaffold.plan.models import anatomy_of
from support.plan_configs import CATALOG, OTHERS, QWEN3, config
from support.planning import context

Row = dict[str, str]
VRAM = {gpu["id"]: gpu["vram_gb"] for gpu in context()["gpus"]}
CONFIGS = {
    **{name.rpartition("/")[2]: found for name, found in CATALOG.items()},
    **{name: found for name, (found, _) in OTHERS.items()},
    "Qwen3-0.6B": config(QWEN3, 28, 1024, 16, 3072, tie_word_embeddings=True),
}


def ratio(row: Row, fitted: Constants | None = None) -> float:
    """The model's milliseconds over those measured.

    Those that the cache has no room for wait in the engine, and slow nobody down.
    """
    weights = None if row["weights"] == "bf16" else row["weights"]
    model, gpus = anatomy_of(CONFIGS[row["model"]], weights), int(row["gpus"])
    engine = Engine(model, row["gpu"], gpus, fitted)
    tokens = Tokens(float(row["prompt"]), float(row["answer"]))
    room = memory.sequences(model.shape, VRAM[row["gpu"]], gpus, tokens.held)
    count = min(int(row["in_flight"]), max(room, 1))
    step, token = engine.step(count, tokens.held), engine.per_token(count, tokens)
    return {"step": step, "token": token}[row["what"]] * 1000 / float(row["milliseconds"])
