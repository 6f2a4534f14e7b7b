"""A model's config.json: read within bounds, whoever wrote it, and asked for numbers and words.

It comes from anybody's repository. So nothing of it is run, what is too large or nested too deeply
is no config.json, and a number is one only between bounds that no model of today comes near.
"""

import json
import math
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard

from scaffold.errors import BadUsage

# The largest known have 100 KB: quantised ones that name each layer left out.
MAX_BYTES = 4 * 2**20
# The most of anything that is counted in a model: tokens of context are what there is most of.
MOST = 2**28
MOST_LAYERS = 2000
# Where models of several parts keep their language model.
_TEXT = ("text_config", "llm_config", "language_config", "thinker_config")
_SEES = ("vision_config", "visual", "vision_tower", "mm_vision_tower", "vision_n_layers")
# Names of the longest context; as the engines do, the smallest is taken.
_CONTEXT = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "seq_length",
    "model_max_length",
    "max_sequence_length",
    "max_seq_length",
    "seq_len",
)
# Families whose every layer looks at the whole text, as the engines serve them.
ENCODERS = frozenset({"bert", "roberta", "xlm-roberta", "modernbert", "new"})
# Those that count positions from 2 on.
_FROM_TWO = frozenset({"roberta", "xlm-roberta"})
# Ways to stretch positions after which max_position_embeddings is the whole length already.
_WHOLE = ("su", "longrope", "llama3", "default", "mrope", "proportional")


def parse(content: bytes, what: str) -> "Config":
    """The config.json in `content`; `what` names it. Raises BadUsage when it is none."""
    if len(content) > MAX_BYTES:
        raise BadUsage(f"{what} is larger than {MAX_BYTES // 2**20} MB: it is no config.json")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadUsage(f"cannot read {what}: it is no config.json") from error
    if not isinstance(found, dict):
        raise BadUsage(f"{what} is not a JSON object")
    return Config(found)


@dataclass(frozen=True)
class Config:
    """`whole` as it stands; all but what says so asks for the language model's part."""

    whole: Mapping[str, Any]

    @cached_property
    def text(self) -> Mapping[str, Any]:
        """What holds for the language model: its own part first."""
        found = self.whole
        for _ in range(2):  # of thinker_config, text_config
            inner = next((found[key] for key in _TEXT if isinstance(found.get(key), dict)), None)
            found = {**found, **inner} if inner else found
        return found

    @property
    def architectures(self) -> tuple[str, ...]:
        """The classes that it names for the whole model."""
        return tuple(_texts(self.whole.get("architectures")))

    @property
    def kind(self) -> str:
        """The model_type of the whole."""
        return _text(self.whole.get("model_type"))

    @property
    def kinds(self) -> frozenset[str]:
        """The model_type of the whole, and of its language model."""
        return frozenset(filter(None, (self.kind, _text(self.text.get("model_type")))))

    @property
    def own_code(self) -> bool:
        """Does its repository bring Python of its own?"""
        return isinstance(self.whole.get("auto_map"), dict)

    @property
    def sees(self) -> bool:
        """Does it take pictures?"""
        return any(self.whole.get(key) for key in _SEES)

    def number(self, *names: str, least: int = 1, most: int = MOST) -> int:
        """The number under the first of these names that stands there.

        BadUsage when none does, or it is no whole number from `least` to `most`.
        """
        found = self.maybe(*names, least=least, most=most)
        if found is None:
            raise BadUsage(f"the model's config.json lacks {names[0]}: sizing needs a decoder's")
        return found

    def maybe(self, *names: str, least: int = 1, most: int = MOST) -> int | None:
        """The same, None when none stands there or it is null."""
        for name in names:
            if (value := self.text.get(name)) is not None:
                return whole_number(value, name, least, most)
        return None

    def flag(self, name: str) -> bool:
        """Is it true there? What is no boolean is not."""
        return self.text.get(name) is True

    def word(self, name: str) -> str:
        """The text under this name, empty when it is none."""
        return _text(self.text.get(name))

    def part(self, name: str) -> Mapping[str, Any]:
        """The object under this name, empty when it is none."""
        found = self.text.get(name)
        return found if isinstance(found, dict) else {}

    def words(self, name: str) -> list[str]:
        """The list of texts under this name; empty when there is none, or it is too long."""
        found = self.text.get(name)
        return _texts(found) if isinstance(found, list) else []

    @property
    def layers(self) -> int:
        """How many there are."""
        return self.number(
            "num_hidden_layers", "n_layer", "num_layers", "n_layers", most=MOST_LAYERS
        )

    @property
    def heads(self) -> int:
        """Attention heads."""
        return self.number("num_attention_heads", "n_head", "n_heads", "num_heads")

    @property
    def hidden(self) -> int:
        """The width between layers."""
        return self.number("hidden_size", "n_embd", "d_model")

    @property
    def kv_heads(self) -> int:
        """Heads for keys and values."""
        if self.flag("multi_query") and not self.flag("new_decoder_architecture"):
            return 1
        return (
            self.maybe(
                "n_head_kv",
                "num_kv_heads",
                "num_key_value_heads",
                "multi_query_group_num",
                "num_attention_groups",
            )
            or self.heads
        )

    @property
    def head_dim(self) -> int:
        """The width of a head."""
        found = self.maybe("head_dim", "hidden_size_per_head", "attention_head_dim", least=0)
        return found or max(1, self.hidden // self.heads)

    @property
    def context(self) -> int:
        """Tokens it was trained or stretched for."""
        known = [value for name in _CONTEXT if (value := self.maybe(name)) is not None]
        length = min(known, default=4096)
        if self.kinds & _FROM_TWO:
            return max(1, length - 2)
        scaling = self.part("rope_scaling") or self.part("rope_parameters")
        way = _text(scaling.get("rope_type", scaling.get("type")))
        factor = scaling.get("factor")
        if way in _WHOLE or not _is_number(factor) or any("gemma3" in kind for kind in self.kinds):
            return length
        if way == "yarn" and scaling.get("original_max_position_embeddings") is not None:
            name = "original_max_position_embeddings"
            length = whole_number(scaling[name], name, 1, MOST)
        return int(max(1, min(MOST, length * factor)))

    @property
    def labels(self) -> int:
        """Of a classifier; one is a score. Without a word for it two, as transformers has it."""
        names = self.whole.get("id2label")
        if isinstance(names, dict) and names:
            return min(len(names), MOST)
        return self.maybe("num_labels", least=0) or 2

    @property
    def encodes(self) -> bool:
        """Does it read a text as a whole, and so keeps nothing of it?"""
        return bool(self.kinds & ENCODERS)

    @property
    def experts(self) -> int:
        """Of a mixture; 0 for a dense model."""
        names = ("num_experts", "moe_num_experts", "n_routed_experts", "num_local_experts")
        return self.maybe(*names, least=0) or 0

    @property
    def quantization(self) -> Mapping[str, Any]:
        """How the weights are quantised, empty when they are not."""
        for place in (self.whole, self.text):
            for name in ("quantization_config", "compression_config"):
                if isinstance(found := place.get(name), dict) and found:
                    return found
        return {}

    @property
    def method(self) -> str:
        """The name of how the weights are quantised, as the engines spell it; empty for none."""
        found = self.quantization
        producer = found.get("producer")
        if isinstance(producer, dict) and producer.get("name") == "modelopt":
            inner = found.get("quantization")
            algorithm = _text(inner.get("quant_algo")) if isinstance(inner, dict) else ""
            return "modelopt_fp4" if "FP4" in algorithm.upper() else "modelopt"
        method = _text(found.get("quant_method")).lower().replace("_tensors", "-tensors")
        if method == "modelopt" and "FP4" in _text(found.get("quant_algo")).upper():
            return "modelopt_fp4"
        return method

    @property
    def wide(self) -> bool:
        """Are the files in 32 bits, which engines load as 16?"""
        types = (self.word("dtype"), self.word("torch_dtype"))
        return not self.quantization and any(name in ("float32", "float") for name in types)


def whole_number(value: Any, name: str, least: int, most: int) -> int:
    """A number from a config.json, if it is one between these bounds."""
    if _is_number(value) and value == int(value) and least <= value <= most:
        return int(value)
    shown = reprlib.repr(value)[:40]
    raise BadUsage(
        f"the model's config.json has {name}: {shown}, not a whole number from {least} to {most}"
    )


def _is_number(value: Any) -> TypeGuard[float]:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and (isinstance(value, int) or math.isfinite(value))
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 200 and value.isprintable() else ""


def _texts(value: Any) -> list[str]:
    return list(_each(value)) if isinstance(value, list) and len(value) <= MOST_LAYERS else []


def _each(values: list[Any]) -> Iterator[str]:
    for value in values:
        if found := _text(value):
            yield found
