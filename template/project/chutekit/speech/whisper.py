"""Whisper by transformers: several windows at once, and when each word of them was said."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chutekit.models import gpu
from chutekit.models.worker import OnStep
from chutekit.speech import tokens
from chutekit.speech.said import Heard, Segment, Wish, Word
from chutekit.speech.sounds import RATE

if TYPE_CHECKING:
    import torch

    from chutekit.speech.sounds import Samples

#: Tried one after the other while a window's text repeats itself; of the model card.
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
#: Of a window's tokens, packed: more is the same over and over (transformers' measure).
MOST_REPEATED = 1.35
#: Nobody speaks where the model thinks so with this probability, and is not sure of its text
#: either: OpenAI's two thresholds (whisper/transcribe.py).
NO_SPEECH = 0.6
UNSURE = -1.0
#: Seconds of sound that one frame of its input stands for.
FRAME = 160 / RATE


class Whisper:
    """A Whisper model of a folder, in 16 or 32 bits. Nothing heavy before it is made."""

    def __init__(self, folder: Path, dtype: str) -> None:
        from transformers import WhisperForConditionalGeneration, WhisperProcessor

        self.device = gpu.device()
        self.dtype = gpu.dtype(dtype)
        self.processor: Any = WhisperProcessor.from_pretrained(folder, local_files_only=True)
        self.model: Any = WhisperForConditionalGeneration.from_pretrained(
            folder,
            dtype=self.dtype,
            attn_implementation="sdpa",
            use_safetensors=True,
            local_files_only=True,
        ).to(self.device)
        self.model.eval()
        self.settings: Any = self.model.generation_config
        vocabulary = self.processor.tokenizer
        self.first_special: int = vocabulary.convert_tokens_to_ids("<|endoftext|>")
        self.first_time: int = vocabulary.convert_tokens_to_ids("<|0.00|>")
        self.no_times: int = vocabulary.convert_tokens_to_ids("<|notimestamps|>")
        # What the model says first of a window in which nobody speaks; by two names over the years.
        self.no_speech: int = self.no_times - 1
        self.multilingual: bool = getattr(self.settings, "is_multilingual", True)
        numbers = self.settings.lang_to_id if self.multilingual else {}
        self.codes = {number: name.strip("<|>") for name, number in numbers.items()}
        #: What the model can be asked for.
        self.languages = frozenset(self.codes.values()) or frozenset({"en"})

    def hear(
        self, windows: Sequence["Samples"], wishes: Sequence[Wish], on_step: OnStep
    ) -> list[Heard]:
        """What is said in each window.

        `on_step` is called after every token, and ends it by raising. Wishes of one call are alike
        but for the language, and have one all or none.
        """
        import torch

        with torch.inference_mode():
            features = self.processor.feature_extractor(
                list(windows), sampling_rate=RATE, return_tensors="pt", device=str(self.device)
            ).input_features.to(self.device, self.dtype)
            encoded = self.model.model.encoder(features).last_hidden_state
            languages, silence = self._first(encoded, wishes)
            on_step()
            made = self._generated(features, wishes[0], languages, on_step)
            return [
                self._heard(
                    made[place],
                    encoded[place : place + 1],
                    len(windows[place]) / RATE,
                    wishes[place],
                    languages[place],
                    silence[place],
                )
                for place in range(len(windows))
            ]

    def _first(
        self, encoded: "torch.Tensor", wishes: Sequence[Wish]
    ) -> tuple[list[str], list[float]]:
        """The language of each window, and how likely it is that nobody speaks in it."""
        import torch

        start = torch.full(
            (len(encoded), 1), self.settings.decoder_start_token_id, device=self.device
        )
        logits = self._read(encoded, start)[0][:, -1].float()
        silence = logits.softmax(-1)[:, self.no_speech].tolist()
        if not self.multilingual:
            return ["en"] * len(wishes), silence
        numbers = torch.tensor(sorted(self.codes), device=self.device)
        likely = numbers[logits[:, numbers].argmax(-1)].tolist()
        found = [
            wish.language or self.codes[number] for wish, number in zip(wishes, likely, strict=True)
        ]
        return found, silence

    def _generated(
        self, features: "torch.Tensor", wish: Wish, languages: Sequence[str], on_step: OnStep
    ) -> list[list[int]]:
        """The tokens of each window, its beginning and padding included."""
        import torch
        from transformers import StoppingCriteriaList

        def going_on(sequences: "torch.Tensor", *_: Any, **__: Any) -> "torch.Tensor":
            on_step()
            return torch.zeros(len(sequences), dtype=torch.bool, device=sequences.device)

        # Temperatures above 0 draw at random; the same recording is to get the same text.
        torch.manual_seed(0)
        spoken = {"language": list(languages), "task": wish.task} if self.multilingual else {}
        made = self.model.generate(
            features,
            **spoken,
            return_timestamps=wish.timestamps != "none",
            temperature=TEMPERATURES,
            compression_ratio_threshold=MOST_REPEATED,
            condition_on_prev_tokens=False,
            # What follows the last time of a window is not heard again, but taken as it is.
            force_unique_generate_call=True,
            return_dict_in_generate=True,
            stopping_criteria=StoppingCriteriaList([going_on]),
        )
        found: list[list[int]] = made.sequences.tolist()
        return found

    def _heard(
        self,
        made: Sequence[int],
        encoded: "torch.Tensor",
        seconds: float,
        wish: Wish,
        language: str,
        silence: float,
    ) -> Heard:
        # Where no times are wanted a model may write some all the same.
        times_from = None if wish.timestamps == "none" else self.first_time
        phrases = tokens.phrases(made, self.first_special, times_from, seconds)
        text = [token for phrase in phrases for token in phrase.tokens]
        words = wish.timestamps == "word"
        if not text:
            return Heard(language)
        if words or silence > NO_SPEECH:
            sure, times = self._read_again(text, encoded, wish, language, seconds, words=words)
            if silence > NO_SPEECH and sure < UNSURE:
                return Heard(language)
        segments, at = [], 0
        for phrase in phrases:
            count = len(phrase.tokens)
            said: list[Word] = []
            if words:
                said = tokens.words(phrase.tokens, times[at : at + count + 1], self.text, language)
            segments.append(Segment(self.text(phrase.tokens), phrase.start, phrase.end, said))
            at += count
        return Heard(language, segments)

    def text(self, numbers: Sequence[int]) -> str:
        """The text of some tokens, with the space that stands before it."""
        found: str = self.processor.tokenizer.decode(numbers, skip_special_tokens=True)
        return found

    def _read_again(
        self,
        text: Sequence[int],
        encoded: "torch.Tensor",
        wish: Wish,
        language: str,
        seconds: float,
        *,
        words: bool,
    ) -> tuple[float, list[float]]:
        """How sure the model is of its text (the mean of log-probabilities), and when it was said.

        There is a time for the beginning of each token, and for the end of the last.
        """
        import torch
        from transformers.utils import ModelOutput

        vocabulary = self.processor.tokenizer
        before = [self.settings.decoder_start_token_id]
        if self.multilingual:
            before += vocabulary.convert_tokens_to_ids([f"<|{language}|>", f"<|{wish.task}|>"])
        row = [*before, self.no_times, *text]
        sequence = torch.tensor([row], device=self.device)
        if words:
            # Of the attention that is computed in one piece nobody gets to see the weights.
            self.model.set_attn_implementation("eager")
        try:
            logits, attentions = self._read(encoded, sequence, attentions=words)
        finally:
            self.model.set_attn_implementation("sdpa")
        likely = logits[0, len(before) : -1].float().log_softmax(-1)
        said = sequence[0, len(before) + 1 :]
        sure = float(likely.gather(-1, said[:, None]).mean())
        if not words:
            return sure, []
        # transformers aligns what it generated token by token; this is the same in one step.
        times = self.model._extract_token_timestamps(
            ModelOutput(sequences=sequence, cross_attentions=(attentions,)),
            self.settings.alignment_heads,
            num_frames=max(int(seconds / FRAME), 2),
            num_input_ids=len(before),
        )[0].tolist()
        return sure, times[len(before) : len(before) + len(text) + 1]

    def _read(
        self, encoded: "torch.Tensor", sequences: "torch.Tensor", *, attentions: bool = False
    ) -> tuple["torch.Tensor", Any]:
        """What the model expects behind each token, and where in the sound it looked for that."""
        read = self.model.model.decoder(
            input_ids=sequences,
            encoder_hidden_states=encoded,
            output_attentions=attentions,
            use_cache=False,
        )
        return self.model.proj_out(read.last_hidden_state), read.cross_attentions
