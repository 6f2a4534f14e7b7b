"""Writes a random FLUX.2 klein pipeline of a few hundred kilobytes into a Hugging Face cache.

Run by the interpreter that has diffusers: `python tiny_klein.py HF_HOME MODEL REVISION`.
"""

import tempfile
from pathlib import Path

import tiny  # type: ignore[import-not-found]
import torch
from diffusers import (
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
)
from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

WIDTH, LATENTS = 16, 4
# The pipeline reads the text after 9, 18 and 27 layers.
LAYERS = 28


def tokenizer(folder: Path) -> Qwen2TokenizerFast:
    """A tokenizer that knows single bytes only."""
    words = [*tiny.letters(), "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocabulary, merges = tiny.vocabulary(folder, words)
    made = Qwen2TokenizerFast(
        vocab=str(vocabulary), merges=str(merges), pad_token="<|endoftext|>", model_max_length=512
    )
    made.chat_template = "{% for message in messages %}{{ message.content }}{% endfor %}"
    return made


def pipeline(folder: Path) -> Flux2KleinPipeline:
    """A pipeline with random weights, the same ones every time."""
    torch.manual_seed(0)
    words = tokenizer(folder)
    text_encoder = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(words),
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=8,
            max_position_embeddings=512,
        )
    )
    transformer = Flux2Transformer2DModel(
        patch_size=1,
        in_channels=4 * LATENTS,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * WIDTH,
        timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    vae = AutoencoderKLFlux2(
        block_out_channels=(4, 4, 4, 4),
        layers_per_block=1,
        latent_channels=LATENTS,
        norm_num_groups=2,
        mid_block_add_attention=False,
    )
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=words,
        transformer=transformer,
        is_distilled=True,
    )


def main() -> None:
    """Write the pipeline as the snapshot of one commit."""
    snapshot = tiny.snapshot(tiny.parser(__doc__).parse_args())
    with tempfile.TemporaryDirectory() as folder:
        pipeline(Path(folder)).save_pretrained(snapshot)


if __name__ == "__main__":
    main()
