"""What every chute of this kind shares: serving, engines, operations and testing.

What `chute.py` and tests may import is named here; all else may change in any version.

- `chutekit`: `WrongUse`, `__version__`
- `chutekit.serving.app`: `ServedChute`
- `chutekit.serving.contract`: `Job`, `RequestModel`
- `chutekit.serving.bodies`: `most_bytes`
- `chutekit.serving.events`: `EventCord`
- `chutekit.serving.errors`: `Refusal`, `invalid`, `context_exceeded`
- `chutekit.serving.health`: `facts`
- `chutekit.serving.metrics`: `exposition`
- `chutekit.serving.recall`: `Recall`
- `chutekit.serving.logs`: `event`, `describe`
- `chutekit.models.worker`: `OnStep`
- `chutekit.models.gpu`: `device`, `dtype`
- `chutekit.models.workshop`: `Workshop`, `Folders`, `without_gpu`, `never_cached`
- `chutekit.media.fields`: `picture`, `sound`, `document`, `Picture`, `Sound`, `File`
- `chutekit.media.samples`: `PICTURE`, `SOUND`, `DOCUMENT`, `png`, `data_url`
- `chutekit.pictures.studio`: `Studio`
- `chutekit.pictures.picture`: `Format`
- `chutekit.pictures.edits`: `EditFields`, `EditStudio`, `Size`, `pictures`, `side`
- `chutekit.pictures.openai`: `serve`
- `chutekit.pictures.calling`: `after_step`, `takes`, `unlisted`
- `chutekit.pictures.worker`: `OnStep`
- `chutekit.pictures.gpu`: `device`, `dtype`
- `chutekit.speech.sounds`: `recording`
- `chutekit.speech.sample`: `SPOKEN`
- `chutekit.speech.said`: `Language`, `Timestamps`, `Heard`, `Segment`, `Word`, `Wish`
- `chutekit.speech.whisper`: `Whisper`
- `chutekit.speech.transcriber`: `Transcriber`
- `chutekit.engines.llm_chute`: `LlmChute`
- `chutekit.engines.engine`: `EngineSettings`
- `chutekit.engines.pictures`: `Pictures`
- `chutekit.engines.streaming`: `StreamCord`
- `chutekit.engines.chat`: `ChatFields`, `CompletionFields`, `Message`, `characters`, `WARM_UP`
- `chutekit.engines.prompts`: `one_or_many`, `how_many`
- `chutekit.engines.embeddings`: `EmbeddingFields`, `one_or_many`, `WARM_UP`
- `chutekit.engines.classification`: `ClassifyFields`
- `chutekit.engines.ranking`: `RerankFields`, `ScoreFields`, `Pairs`, `WARM_UP`
- `chutekit.engines.judges`: `QWEN3`
- `chutekit.engines.request`: `Limits`
- `chutekit.engines.vllm.chat`: `EngineChatFields`, `EngineFields`
- `chutekit.engines.vllm.endpoints`: `ENDPOINTS`
- `chutekit.engines.vllm.embeddings`: `EngineFields`
- `chutekit.engines.vllm.classification`: `EngineFields`, `CLASSIFY`, `WARM_UP`
- `chutekit.engines.vllm.ranking`: `EngineFields`, `JudgeFields`, `RERANK`, `SCORE`
- `chutekit.engines.vllm.launch`: `launch`
- `chutekit.engines.sglang.chat`: `EngineChatFields`, `EngineFields`
- `chutekit.engines.sglang.endpoints`: `ENDPOINTS`
- `chutekit.engines.sglang.embeddings`: `EngineFields`
- `chutekit.engines.sglang.classification`: `EngineFields`, `CLASSIFY`, `WARM_UP`
- `chutekit.engines.sglang.launch`: `launch`
- `chutekit.caches.lru`: `Cache`
- `chutekit.caches.redis`: `Cache`
- `chutekit.caches.recall`: `recall`
- `chutekit.testing.fixtures`: `MARKER`, and the fixtures
- `chutekit.testing.gateway`: `Gateway`
- `chutekit.testing.running`: `RunningChute`

The version is semantic and follows that list alone. Imports nothing by itself: the container image
holds only the parts that serve.
"""

__version__ = "1.6.0"


class WrongUse(ImportError):
    """A mistake in chute.py, told in one sentence while it is imported.

    Of an ImportError the SDK's commands show the sentence, of any other error a trace.
    """
