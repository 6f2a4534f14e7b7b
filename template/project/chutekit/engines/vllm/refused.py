"""What vLLM's protocol has and this chute refuses, each field with the reason.

The one list of them: a test compares it, and what each request takes, with vLLM's own classes.
"""

from __future__ import annotations

OF_THE_OPERATOR = "is not for clients: it steers how the engine is run"
OTHER_TEMPLATE = (
    "is not possible here, because templates run in the engine: see chat_template_kwargs"
)
MEDIA = "is not possible here, because it changes how much memory a picture takes"
MANY_AT_ONCE = "is not possible here, because one request would take the places of many"
RENDERING = "is of use to endpoints only that are not served here"

REFUSED = {
    "use_beam_search": MANY_AT_ONCE,
    "length_penalty": "is of use to use_beam_search only, which is not possible here",
    "chat_template": OTHER_TEMPLATE,
    "media_io_kwargs": MEDIA,
    "mm_processor_kwargs": MEDIA,
    "priority": "is not possible here, because clients are treated alike",
    "request_id": "is not for clients: two of the same would be taken for one request",
    "session_id": OF_THE_OPERATOR,
    "kv_transfer_params": OF_THE_OPERATOR,
    "ec_transfer_params": OF_THE_OPERATOR,
    "vllm_xargs": OF_THE_OPERATOR,
    "watermarking": OF_THE_OPERATOR,
    "routed_experts_prompt_start": OF_THE_OPERATOR,
    "mm_payload": RENDERING,
    "return_mm_kwargs": RENDERING,
    "return_token_offsets": RENDERING,
    "prompt_embeds": "is not possible here, because reading tensors of strangers is not safe",
    "padding": "is not possible here, because it makes every text as long as the longest",
    "embed_dtype": "is not possible here, because OpenAI's clients could not read the answer",
    "endianness": "is of use to embed_dtype only, which is not possible here",
    "suffix": "is not possible with this engine",
    "enable_response_messages": "is not for clients: it shows what the application keeps to itself",
    "previous_input_messages": "is not possible here; send the conversation as input",
}
