"""Memory and seconds of the catalog's image models on a real GPU, beside what the project says.

    python benchmarks/gpu_pictures.py [--models SUBSTRING ...]

Needs a CUDA GPU and an interpreter with diffusers and this project. Every pipeline is built from
its public configuration with random weights: neither memory nor seconds depend on their values.
Yardsticks of the ratios, each from the same run's card: `memory_gb` of template/data/models.yml for
the largest request, and `picture_seconds` of the plan for one of the default size.
"""

import argparse
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
import yaml
from torch.overrides import TorchFunctionMode

from scaffold.plan.speed import picture_seconds

CATALOG = Path(__file__).parent.parent / "template" / "data" / "models.yml"
SHORT, LONG = 2, 6
GIB = 2**30


class WeightsAs(TorchFunctionMode):
    """Makes parameters in one type while everything else is computed in the usual one."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Give `torch.empty`, with which layers make their parameters, a type."""
        kwargs = dict(kwargs or {})
        if func is torch.empty and kwargs.get("dtype") is None:
            kwargs["dtype"] = self.dtype
        return func(*args, **kwargs)


@contextmanager
def random_weights(device: str, dtype: torch.dtype) -> Iterator[None]:
    """Layers made inside come on the device, in the type."""
    with torch.device(device), WeightsAs(dtype), torch.no_grad():
        yield


def scheduler(kind: str, **settings: Any) -> Any:
    """A scheduler, whose tables stay on the CPU wherever the layers are."""
    with torch.device("cpu"):
        return getattr(diffusers, kind)(**settings)


def clip(width: int, layers: int, heads: int) -> transformers.CLIPTextConfig:
    """CLIP's text encoder: ViT-L is 768 wide, bigG 1280."""
    return transformers.CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        projection_dim=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
    )


def autoencoder(latent: int, **more: Any) -> diffusers.AutoencoderKL:
    """The image decoder of SDXL and, with other settings, of the first FLUX."""
    return diffusers.AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        latent_channels=latent,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        sample_size=1024,
        **more,
    )


def flux_autoencoder() -> diffusers.AutoencoderKL:
    """The image decoder of the first FLUX, which Z-Image has too."""
    return autoencoder(
        16,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )


def qwen3_4b() -> transformers.Qwen3Model:
    """The text encoder of Z-Image and of FLUX.2 klein 4B."""
    return transformers.Qwen3Model(
        transformers.Qwen3Config(
            vocab_size=151936,
            hidden_size=2560,
            intermediate_size=9728,
            num_hidden_layers=36,
            num_attention_heads=32,
            num_key_value_heads=8,
            head_dim=128,
            tie_word_embeddings=True,
        )
    )


def sdxl() -> Any:
    """Stable Diffusion XL, and its turbo, which is the same network."""
    unet = diffusers.UNet2DConditionModel(
        sample_size=128,
        block_out_channels=(320, 640, 1280),
        layers_per_block=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2, 10),
        attention_head_dim=(5, 10, 20),
        cross_attention_dim=2048,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2816,
    )
    return diffusers.StableDiffusionXLPipeline(
        autoencoder(4, scaling_factor=0.13025),
        transformers.CLIPTextModel(clip(768, 12, 12)),
        transformers.CLIPTextModelWithProjection(clip(1280, 32, 20)),
        None,
        None,
        unet,
        scheduler(
            "EulerDiscreteScheduler",
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
        ),
        add_watermarker=False,
    )


def flux(*, guided: bool) -> Any:
    """FLUX.1: schnell, and dev, which embeds the guidance."""
    text = transformers.T5Config(
        vocab_size=32128,
        d_model=4096,
        d_kv=64,
        d_ff=10240,
        num_layers=24,
        num_heads=64,
        feed_forward_proj="gated-gelu",
    )
    return diffusers.FluxPipeline(
        scheduler("FlowMatchEulerDiscreteScheduler", use_dynamic_shifting=guided),
        flux_autoencoder(),
        transformers.CLIPTextModel(clip(768, 12, 12)),
        None,
        transformers.T5EncoderModel(text),
        None,
        diffusers.FluxTransformer2DModel(guidance_embeds=guided),
    )


def flux2_klein() -> Any:
    """FLUX.2 klein with 4 billion parameters."""
    transformer = diffusers.Flux2Transformer2DModel(
        num_layers=5,
        num_single_layers=20,
        num_attention_heads=24,
        joint_attention_dim=7680,
        guidance_embeds=False,
    )
    return diffusers.Flux2KleinPipeline(
        scheduler("FlowMatchEulerDiscreteScheduler", use_dynamic_shifting=True),
        diffusers.AutoencoderKLFlux2(),
        qwen3_4b(),
        None,
        transformer,
        is_distilled=True,
    )


def z_image() -> Any:
    """Z-Image Turbo, 6 billion parameters."""
    return diffusers.ZImagePipeline(
        scheduler("FlowMatchEulerDiscreteScheduler", shift=3.0),
        flux_autoencoder(),
        qwen3_4b(),
        None,
        diffusers.ZImageTransformer2DModel(axes_lens=[1536, 512, 512]),
    )


def qwen_image() -> Any:
    """Qwen-Image, 20 billion parameters, with Qwen2.5-VL as its text encoder."""
    text = {
        "vocab_size": 152064,
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "rope_parameters": {"rope_type": "default", "mrope_section": [16, 24, 24]},
    }
    vision = {
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "out_hidden_size": 3584,
    }
    encoder = transformers.Qwen2_5_VLForConditionalGeneration(
        transformers.Qwen2_5_VLConfig(text_config=text, vision_config=vision)
    )
    return diffusers.QwenImagePipeline(
        scheduler("FlowMatchEulerDiscreteScheduler", use_dynamic_shifting=True),
        diffusers.AutoencoderKLQwenImage(),
        encoder,
        None,
        diffusers.QwenImageTransformer2DModel(),
    )


# How each is built, and what its text encoders would give: the tokenizers are not here.
Shapes = dict[str, tuple[int, ...]]
SDXL: Shapes = {"prompt_embeds": (1, 77, 2048), "pooled_prompt_embeds": (1, 1280)}
SDXL_NEGATIVE: Shapes = {f"negative_{name}": shape for name, shape in SDXL.items()}
FLUX: Shapes = {"prompt_embeds": (1, 512, 4096), "pooled_prompt_embeds": (1, 768)}
QWEN: Shapes = {"prompt_embeds": (1, 1024, 3584), "prompt_embeds_mask": (1, 1024)}
QWEN_NEGATIVE: Shapes = {f"negative_{name}": shape for name, shape in QWEN.items()}
BUILD: dict[str, tuple[Callable[[], Any], Shapes]] = {
    "stabilityai/stable-diffusion-xl-base-1.0": (sdxl, SDXL | SDXL_NEGATIVE),
    "stabilityai/sdxl-turbo": (sdxl, SDXL),
    "black-forest-labs/FLUX.1-schnell": (
        lambda: flux(guided=False),
        FLUX | {"prompt_embeds": (1, 256, 4096)},
    ),
    "black-forest-labs/FLUX.1-dev": (lambda: flux(guided=True), FLUX),
    "black-forest-labs/FLUX.2-klein-4B": (flux2_klein, {"prompt_embeds": (1, 512, 7680)}),
    "Tongyi-MAI/Z-Image-Turbo": (z_image, {"prompt_embeds": (512, 2560)}),
    "Qwen/Qwen-Image": (qwen_image, QWEN | QWEN_NEGATIVE),
}


def arguments(entry: dict[str, Any], device: str, dtype: torch.dtype) -> dict[str, Any]:
    """What the generated chute would call the pipeline with, but for size and steps."""
    _, shapes = BUILD[entry["id"]]
    found: dict[str, Any] = {
        name: torch.ones(shape, device=device, dtype=torch.long)
        if name.endswith("_mask")
        else torch.randn(shape, device=device, dtype=dtype)
        for name, shape in shapes.items()
    }
    if entry["id"] == "Tongyi-MAI/Z-Image-Turbo":
        found["prompt_embeds"] = [found["prompt_embeds"]]
    if entry["guidance"]:
        found[entry["guidance"]["argument"]] = entry["guidance"]["default"]
    return found | entry["call"]


def largest(side: dict[str, int]) -> tuple[int, int]:
    """The width and height of the request with the most pixels."""
    widths = range(256, side["max"] + 1, side["multiple"])

    def height(width: int) -> int:
        most = min(side["max"], side["max_pixels"] // width)
        return most - most % side["multiple"]

    width = max(widths, key=lambda width: width * height(width))
    return width, height(width)


def measured(entry: dict[str, Any], device: str) -> dict[str, Any]:
    """Build one pipeline and make pictures with it."""
    dtype = getattr(torch, entry["dtype"])
    build, _ = BUILD[entry["id"]]
    with random_weights(device, dtype):
        pipe = build()
    pipe.to(device=device, dtype=dtype)
    pipe.set_progress_bar_config(disable=True)
    weights = torch.cuda.memory_allocated()
    call = arguments(entry, device, dtype)

    def seconds(width: int, height: int, steps: int) -> float:
        torch.cuda.synchronize()
        started = time.perf_counter()
        pipe(width=width, height=height, num_inference_steps=steps, **call)
        torch.cuda.synchronize()
        return time.perf_counter() - started

    width, height = largest(entry["side"])
    seconds(width, height, SHORT)
    peak = torch.cuda.max_memory_allocated()
    free, total = torch.cuda.mem_get_info()
    side = entry["side"]["default"]
    seconds(side, side, SHORT)
    short, long = seconds(side, side, SHORT), seconds(side, side, LONG)
    step = (long - short) / (LONG - SHORT)
    once = max(short - SHORT * step, 0.0)
    return {
        "weights_gib": weights / GIB,
        "peak_gib": peak / GIB,
        "card_gib": (total - free) / GIB,
        "largest": f"{width}x{height}",
        "memory_gb": entry["memory_gb"],
        "seconds_per_step": step,
        "seconds_once": once,
        "seconds": once + step * entry["steps"]["default"],
    }


def card() -> str:
    """The catalog's name for this card."""
    name = torch.cuda.get_device_name()
    return next(known for known in ("H200", "H100", "A100", "L40S") if known in name).lower()


def report(entry: dict[str, Any], found: dict[str, Any]) -> str:
    """One line: each figure, and its ratio to the yardstick."""
    gpu = {"h100": "h100_sxm"}.get(card(), card())
    planned = picture_seconds(entry["id"], "generate", entry["steps"]["default"], gpu) or float(
        "nan"
    )
    return (
        f"{entry['id']:42} weights {found['weights_gib']:5.1f} GiB, largest request "
        f"{found['largest']}: peak {found['peak_gib']:5.1f}, card {found['card_gib']:5.1f}, "
        f"{found['card_gib'] / found['memory_gb']:.2f} of memory_gb; step "
        f"{found['seconds_per_step']:.4f} s, once {found['seconds_once']:.3f} s, default picture "
        f"{found['seconds']:.2f} s, {found['seconds'] / planned:.2f} of the plan's"
    )


def main() -> None:
    """Measure each model in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--models", nargs="*", default=[""], help="only those with it in the name")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--device", default="cuda", help=argparse.SUPPRESS)
    options = parser.parse_args()
    listed = yaml.safe_load(CATALOG.read_bytes())["catalog"]["default"]["image"]
    entries = [entry for entry in listed if entry.get("task", "generate") == "generate"]
    if options.only:
        entry = next(entry for entry in entries if entry["id"] == options.only)
        warnings.simplefilter("ignore")
        print(json.dumps(measured(entry, options.device)))
        return
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    for entry in entries:
        if not any(part in entry["id"] for part in options.models):
            continue
        command = [sys.executable, __file__, "--only", entry["id"]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{entry['id']:42} failed: {done.stderr.strip().splitlines()[-1:]}", flush=True)
        else:
            print(report(entry, json.loads(done.stdout.splitlines()[-1])), flush=True)


if __name__ == "__main__":
    main()
