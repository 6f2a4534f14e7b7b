"""Writes a random SDXL pipeline of a few hundred kilobytes into a Hugging Face cache.

Run by the interpreter that has diffusers: `python tiny_sdxl.py HF_HOME MODEL REVISION`.
"""

import tempfile
from pathlib import Path

import tiny  # type: ignore[import-not-found]
import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

WIDTH = 16
TOKENS = 77


def tokenizer(folder: Path) -> CLIPTokenizer:
    """A CLIP tokenizer that knows single bytes only."""
    letters = tiny.letters()
    words = ["<|startoftext|>", "<|endoftext|>", *letters]
    words += [f"{letter}</w>" for letter in letters]
    vocabulary, merges = tiny.vocabulary(folder, words)
    return CLIPTokenizer(
        vocab=str(vocabulary),
        merges=str(merges),
        model_max_length=TOKENS,
        pad_token="<|endoftext|>",
    )


def text_config(vocabulary: int) -> CLIPTextConfig:
    """A CLIP text encoder of two layers."""
    return CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=TOKENS,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )


def pipeline(folder: Path, *, unknown: int) -> StableDiffusionXLPipeline:
    """An SDXL pipeline with random weights, the same ones every time.

    Its text encoders lack the last `unknown` words of its tokenizer.
    """
    torch.manual_seed(0)
    words = tokenizer(folder)
    known = len(words) - unknown
    unet = UNet2DConditionModel(
        sample_size=128,
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 2),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + WIDTH,
        cross_attention_dim=2 * WIDTH,
    )
    vae = AutoencoderKL(
        block_out_channels=(4, 4, 4, 4),
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=2,
        sample_size=1024,
    )
    return StableDiffusionXLPipeline(
        vae=vae,
        text_encoder=CLIPTextModel(text_config(known)),
        text_encoder_2=CLIPTextModelWithProjection(text_config(known)),
        tokenizer=words,
        tokenizer_2=words,
        unet=unet,
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"
        ),
        force_zeros_for_empty_prompt=True,
    )


def main() -> None:
    """Write the pipeline as the snapshot of one commit."""
    parser = tiny.parser(__doc__)
    parser.add_argument("--variant")
    parser.add_argument(
        "--unknown", type=int, default=0, help="how many words the text encoders do not know"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = pipeline(Path(folder), unknown=options.unknown)
        made.save_pretrained(tiny.snapshot(options), variant=options.variant)


if __name__ == "__main__":
    main()
