"""What every chute of this kind shares: serving, engines, operations and testing.

`chute.py` and tests may import what is named here; all else may change in any version.

- `WrongUse`, `__version__`
- `serving`: `app.ServedChute`, `contract.Job`, `contract.RequestModel`, `errors.invalid`,
  `health.facts`, `logs`
- `pictures`: `studio.Studio`, `picture.Format`, `worker.OnStep`, `gpu`
- `engines`: `llm_chute.LlmChute`, `engine.EngineSettings`, `streaming.StreamCord`; of `chat`
  `ChatFields`, `CompletionFields`, `Message`, `characters`, `WARM_UP`; of `embeddings`
  `EmbeddingFields`, `one_or_many`, `WARM_UP`; of `vllm` and `sglang` `launch.launch`,
  `chat.EngineChatFields`, `chat.EngineFields`, `embeddings.EngineFields`
- `caches`: `lru.Cache`, `redis.Cache`, `recall.recall`
- `testing`: `fixtures` with its `MARKER`, `gateway.Gateway`, `running.RunningChute`

The version is semantic and follows that list alone. Imports nothing by itself: the container image
holds only the parts that serve.
"""

__version__ = "1.0.0"


class WrongUse(ImportError):
    """A mistake in chute.py, told in one sentence while it is imported.

    Of an ImportError the SDK's commands show the sentence, of any other error a trace.
    """
