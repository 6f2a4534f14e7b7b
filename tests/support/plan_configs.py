"""The figures of public config.json files that decide about memory."""

from typing import Any

QWEN3 = {
    "model_type": "qwen3",
    "vocab_size": 151936,
    "head_dim": 128,
    "num_key_value_heads": 8,
    "max_position_embeddings": 40960,
}
QWEN25 = {"model_type": "qwen2", "vocab_size": 152064, "max_position_embeddings": 32768}
LLAMA = {
    "model_type": "llama",
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "num_key_value_heads": 8,
}


def config(
    base: dict[str, Any], layers: int, hidden: int, heads: int, inner: int, **more: Any
) -> dict[str, Any]:
    """A config.json."""
    return {
        **base,
        "num_hidden_layers": layers,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "tie_word_embeddings": False,
        **more,
    }


CATALOG = {
    "Qwen/Qwen3-0.6B": config(QWEN3, 28, 1024, 16, 3072),
    "Qwen/Qwen3-4B": config(QWEN3, 36, 2560, 32, 9728, tie_word_embeddings=True),
    "Qwen/Qwen3-8B": config(QWEN3, 36, 4096, 32, 12288),
    "Qwen/Qwen3-14B": config(QWEN3, 40, 5120, 40, 17408),
    "Qwen/Qwen3-32B": config(QWEN3, 64, 5120, 64, 25600),
    "Qwen/Qwen3-Embedding-0.6B": config(
        QWEN3,
        28,
        1024,
        16,
        3072,
        vocab_size=151669,
        tie_word_embeddings=True,
        max_position_embeddings=32768,
    ),
    "Qwen/Qwen3-30B-A3B-Instruct-2507": config(
        QWEN3,
        48,
        2048,
        32,
        6144,
        model_type="qwen3_moe",
        num_key_value_heads=4,
        num_experts=128,
        moe_intermediate_size=768,
        max_position_embeddings=262144,
    ),
    "Qwen/Qwen2.5-7B-Instruct": config(QWEN25, 28, 3584, 28, 18944, num_key_value_heads=4),
}
# Parameters as the models' cards and files count them.
OTHERS = {
    "Llama-3.1-8B": (config(LLAMA, 32, 4096, 32, 14336), 8_030_261_248),
    "Llama-3.1-70B": (config(LLAMA, 80, 8192, 64, 28672), 70_553_706_496),
    "Qwen3-30B-A3B": (
        {**CATALOG["Qwen/Qwen3-30B-A3B-Instruct-2507"], "max_position_embeddings": 40960},
        30_532_122_624,
    ),
    "DeepSeek-V2-Lite": (
        config(
            {"model_type": "deepseek_v2", "vocab_size": 102400},
            27,
            2048,
            16,
            10944,
            kv_lora_rank=512,
            qk_rope_head_dim=64,
            qk_nope_head_dim=128,
            v_head_dim=128,
            n_routed_experts=64,
            n_shared_experts=2,
            moe_intermediate_size=1408,
            first_k_dense_replace=1,
        ),
        15_706_484_224,
    ),
}
