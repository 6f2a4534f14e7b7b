from chutes.chute import NodeSelector
from chutes.chute.template.sglang import build_sglang_chute

chute = build_sglang_chute(
    username="alice",
    model_name="Qwen/Qwen3-8B",
    revision="b968826d9c46dd6066d109eabc6255188de91218",
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=80),
    engine_args="--context-length 16384 --tool-call-parser qwen25 --mem-fraction-static 0.85",
    concurrency=32,
    max_instances=2,
)
