"""What public config.json files of many kinds say, as far as memory and engines go by it."""

from typing import Any

from support.plan_configs import CATALOG, OTHERS, config


def every_fourth(layers: int) -> list[str]:
    """Three layers with a state, one with keys and values, and so on."""
    return ["linear_attention" if (place + 1) % 4 else "full_attention" for place in range(layers)]


LLAMA_70B = {"architectures": ["LlamaForCausalLM"], **OTHERS["Llama-3.1-70B"][0]}
QWEN3_8B = {"architectures": ["Qwen3ForCausalLM"], **CATALOG["Qwen/Qwen3-8B"]}
QWEN3_30B_A3B = {
    "architectures": ["Qwen3MoeForCausalLM"],
    **CATALOG["Qwen/Qwen3-30B-A3B-Instruct-2507"],
}
QWEN35_27B = {
    "architectures": ["Qwen3_5ForConditionalGeneration"],
    "model_type": "qwen3_5",
    "tie_word_embeddings": False,
    "text_config": config(
        {
            "model_type": "qwen3_5_text",
            "vocab_size": 248320,
            "head_dim": 256,
            "num_key_value_heads": 4,
            "max_position_embeddings": 262144,
            "attn_output_gate": True,
            "layer_types": every_fourth(64),
            "linear_conv_kernel_dim": 4,
            "linear_key_head_dim": 128,
            "linear_num_key_heads": 16,
            "linear_num_value_heads": 48,
            "linear_value_head_dim": 128,
            "mamba_ssm_dtype": "float32",
            "rope_parameters": {"rope_type": "default"},
        },
        64,
        5120,
        24,
        17408,
    ),
    "vision_config": {"depth": 27, "hidden_size": 1152, "intermediate_size": 4304},
}
GPT_OSS_20B = {
    "architectures": ["GptOssForCausalLM"],
    "hidden_act": "silu",
    "sliding_window": 128,
    "layer_types": ["sliding_attention", "full_attention"] * 12,
    **config(
        {
            "model_type": "gpt_oss",
            "vocab_size": 201088,
            "head_dim": 64,
            "num_key_value_heads": 8,
            "max_position_embeddings": 131072,
        },
        24,
        2880,
        64,
        2880,
        num_local_experts=32,
        num_experts_per_tok=4,
        attention_bias=True,
    ),
    "rope_scaling": {"rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096},
    "quantization_config": {
        "quant_method": "mxfp4",
        "modules_to_not_convert": [
            "model.layers.*.self_attn",
            "model.layers.*.mlp.router",
            "model.embed_tokens",
            "lm_head",
        ],
    },
}
GEMMA4_31B = {
    "architectures": ["Gemma4ForConditionalGeneration"],
    "model_type": "gemma4",
    "tie_word_embeddings": True,
    "text_config": config(
        {
            "model_type": "gemma4_text",
            "vocab_size": 262144,
            "head_dim": 256,
            "global_head_dim": 512,
            "num_key_value_heads": 16,
            "num_global_key_value_heads": 4,
            "sliding_window": 1024,
            "num_kv_shared_layers": 0,
            "attention_k_eq_v": True,
            "max_position_embeddings": 262144,
            "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 10,
        },
        60,
        5376,
        32,
        21504,
        tie_word_embeddings=True,
    ),
    "vision_config": {"num_hidden_layers": 27, "hidden_size": 1152, "intermediate_size": 4304},
}
DEEPSEEK_V32 = {
    "architectures": ["DeepseekV32ForCausalLM"],
    **config(
        {
            "model_type": "deepseek_v32",
            "vocab_size": 129280,
            "max_position_embeddings": 163840,
            "num_key_value_heads": 128,
        },
        61,
        7168,
        128,
        18432,
        kv_lora_rank=512,
        q_lora_rank=1536,
        qk_rope_head_dim=64,
        qk_nope_head_dim=128,
        v_head_dim=128,
        n_routed_experts=256,
        n_shared_experts=1,
        moe_intermediate_size=2048,
        first_k_dense_replace=3,
        index_head_dim=128,
        index_n_heads=64,
        index_topk=2048,
    ),
    "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
}
NEMOTRON_3_NANO = {
    "architectures": ["NemotronHForCausalLM"],
    "mlp_hidden_act": "relu2",
    "auto_map": {"AutoConfig": "configuration_nemotron_h.NemotronHConfig"},
    "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
    **config(
        {
            "model_type": "nemotron_h",
            "vocab_size": 131072,
            "head_dim": 128,
            "num_key_value_heads": 2,
            "max_position_embeddings": 262144,
        },
        52,
        2688,
        32,
        1856,
        n_routed_experts=128,
        n_shared_experts=1,
        moe_intermediate_size=1856,
        moe_shared_expert_intermediate_size=3712,
        mamba_num_heads=64,
        mamba_head_dim=64,
        ssm_state_size=128,
        n_groups=8,
        conv_kernel=4,
        mamba_ssm_cache_dtype="float32",
    ),
}
KIMI_K25 = {
    "architectures": ["KimiK25ForConditionalGeneration"],
    "model_type": "kimi_k25",
    "auto_map": {"AutoConfig": "configuration_kimi_k25.KimiK25Config"},
    "vision_config": {"num_hidden_layers": 27, "hidden_size": 1152, "intermediate_size": 4304},
    "text_config": {
        **config(
            {
                "model_type": "kimi_k2",
                "vocab_size": 163840,
                "max_position_embeddings": 262144,
                "num_key_value_heads": 64,
            },
            61,
            7168,
            64,
            18432,
            kv_lora_rank=512,
            q_lora_rank=1536,
            qk_rope_head_dim=64,
            qk_nope_head_dim=128,
            v_head_dim=128,
            n_routed_experts=384,
            n_shared_experts=1,
            moe_intermediate_size=2048,
            first_k_dense_replace=1,
        ),
        "rope_scaling": {"type": "yarn", "factor": 64.0, "original_max_position_embeddings": 4096},
        "quantization_config": {
            "quant_method": "compressed-tensors",
            "ignore": ["lm_head", "re:.*self_attn.*"],
            "config_groups": {
                "group_0": {"weights": {"num_bits": 4, "type": "int", "group_size": 32}}
            },
        },
    },
}
MISTRAL_7B_V01 = {
    "architectures": ["MistralForCausalLM"],
    "sliding_window": 4096,
    **config(
        {
            "model_type": "mistral",
            "vocab_size": 32000,
            "num_key_value_heads": 8,
            "max_position_embeddings": 32768,
        },
        32,
        4096,
        32,
        14336,
    ),
}
BGE_M3 = {
    "architectures": ["XLMRobertaModel"],
    **config(
        {"model_type": "xlm-roberta", "vocab_size": 250002, "max_position_embeddings": 8194},
        24,
        1024,
        16,
        4096,
    ),
}
WHISPER = {"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper"}
RERANKER = {
    **BGE_M3,
    "architectures": ["XLMRobertaForSequenceClassification"],
    "id2label": {"0": "LABEL_0"},
    "hidden_act": "gelu",
}
CLASSIFIER = {
    "architectures": ["BertForSequenceClassification"],
    **config(
        {"model_type": "bert", "vocab_size": 30522, "max_position_embeddings": 512},
        12,
        768,
        12,
        3072,
    ),
    "id2label": {"0": "negative", "1": "neutral", "2": "positive"},
    "hidden_act": "gelu",
}
QWEN3_CLASSIFIER = {**QWEN3_8B, "architectures": ["Qwen3ForSequenceClassification"]}
DRAFT = {"architectures": ["LlamaForCausalLMEagle3"], "model_type": "llama"}
PICTURES = {"architectures": ["UNet2DConditionModel"], "model_type": "unet"}
OF_ITS_OWN = {
    **QWEN3_8B,
    "model_type": "brand_new",
    "auto_map": {"AutoConfig": "configuration_new.NewConfig"},
}


def quantised(plain: dict[str, Any], **how: Any) -> dict[str, Any]:
    """The same model with its weights quantised."""
    return {**plain, "quantization_config": how}
