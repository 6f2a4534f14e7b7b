"""What SGLang's protocol has and this chute refuses, each field with the reason.

The one list of them: a test compares it, and what each request takes, with SGLang's own classes.
"""

from __future__ import annotations

OF_THE_OPERATOR = "is not for clients: it steers how the engine is run"
INSIDE = "is not for clients: it shows the inside of the model, and makes answers large"
MEDIA = "is not possible here, because it changes how much memory a picture takes"
KEPT = "is not possible here, because nothing is kept: send the whole conversation"

REFUSED = {
    "bootstrap_host": OF_THE_OPERATOR,
    "bootstrap_port": OF_THE_OPERATOR,
    "bootstrap_room": OF_THE_OPERATOR,
    "routed_dp_rank": OF_THE_OPERATOR,
    "disagg_prefill_dp_rank": OF_THE_OPERATOR,
    "data_parallel_rank": OF_THE_OPERATOR,
    "custom_labels": OF_THE_OPERATOR,
    "custom_params": OF_THE_OPERATOR,
    "extra_key": OF_THE_OPERATOR,
    "watermark": OF_THE_OPERATOR,
    "custom_logit_processor": "is not possible here, because it is code of the client's own",
    "lora_path": "is not possible here, because it loads files",
    "priority": "is not possible here, because clients are treated alike",
    "rid": "is not for clients: two of the same would be taken for one request",
    "request_id": "is not for clients: two of the same would be taken for one request",
    "session_id": KEPT,
    "session_params": KEPT,
    "input_ids": "is not possible here, because it goes round the checks of messages",
    "images_config": MEDIA,
    "video_config": MEDIA,
    "max_dynamic_patch": MEDIA,
    "min_dynamic_patch": MEDIA,
    "mm_processor_kwargs": MEDIA,
    "return_hidden_states": INSIDE,
    "return_routed_experts": INSIDE,
    "routed_experts_start_len": INSIDE,
    "return_sampling_mask": INSIDE,
    "sampling_logprobs_mode": INSIDE,
    "return_flat_raw_output_top_logprobs": INSIDE,
    "return_flat_raw_top_logprobs_b64": INSIDE,
    "return_meta_info": INSIDE,
    "use_audio_in_video": MEDIA,
    "embed_override_token_id": "is not possible here, because vectors take the place of tokens",
    "embed_overrides": "is not possible here, because vectors take the place of tokens",
    "suffix": "is not possible here: the engine is started without a template for it",
    "json_schema": "is possible as response_format",
    "stop_regex": "is not possible here, because one can keep the engine from everybody's tokens",
}
