"""Small language models in Hugging Face's own format, made here: nothing is fetched."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from archenc.spaces.nasbench201 import SPACE
from archenc.text import texts

transformers: Any = pytest.importorskip("transformers", reason="needs the extra cole")
tokenizers: Any = pytest.importorskip("tokenizers", reason="needs the extra cole")
torch: Any = pytest.importorskip("torch", reason="needs the extra torch")

CELLS = SPACE.sample(40, 3)
POSITIONS = 512
_UNKNOWN = {"unk_token": "[UNK]"}
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "</s>"]


def tokenizer(kind: str, padding_side: str = "right") -> Any:
    """A tokenizer of words and signs. kind: "encoder" wraps texts in two tokens, "decoder" begins them."""
    words = sorted({word for text in texts(CELLS) for word in re.findall(r"\w+|[^\w\s]", text)})
    vocabulary = {word: number for number, word in enumerate([*_SPECIAL, *words])}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, **_UNKNOWN))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    if kind == "encoder":
        made.post_processor = tokenizers.processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        names = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    else:  # like most decoders, it has no token to pad with
        made.post_processor = tokenizers.processors.TemplateProcessing(
            single="[CLS] $A", special_tokens=[("[CLS]", 2)]
        )
        names = {"bos_token": "[CLS]", "eos_token": "</s>"}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        **_UNKNOWN,
        padding_side=padding_side,
        model_max_length=POSITIONS,
        **names,
    )


def encoder(
    folder: Path, *, shard: str = "5GB", layers: int = 2, seed: int = 0, with_tokenizer: bool = True
) -> Path:
    """A BERT of two layers."""
    config = transformers.BertConfig(
        vocab_size=200,
        hidden_size=24,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=POSITIONS,
    )
    return _saved(
        transformers.BertModel, config, folder, seed, shard, tokenizer("encoder") if with_tokenizer else None
    )


def roberta(folder: Path, seed: int = 0) -> Path:
    """A RoBERTa, whose positions are numbered from behind the padding."""
    config = transformers.RobertaConfig(
        vocab_size=200,
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=34,
        pad_token_id=1,
    )
    return _saved(transformers.RobertaModel, config, folder, seed, "5GB", tokenizer("encoder"))


def decoder(folder: Path, padding_side: str = "right", seed: int = 0) -> Path:
    """A Llama of two layers."""
    config = transformers.LlamaConfig(
        vocab_size=200,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=POSITIONS,
    )
    return _saved(transformers.LlamaModel, config, folder, seed, "5GB", tokenizer("decoder", padding_side))


def sentence(folder: Path, pooling: str = "pooling_mode_cls_token", normalised: bool = True) -> Path:
    """A sentence-transformers folder around the BERT, as its library writes it."""
    encoder(folder)
    kinds = ["Transformer", "Pooling", *["Normalize"] * normalised]
    modules = [
        {
            "idx": number,
            "name": str(number),
            "path": "" if number == 0 else f"{number}_{kind}",
            "type": f"sentence_transformers.models.{kind}",
        }
        for number, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    modes = ("pooling_mode_cls_token", "pooling_mode_mean_tokens", "pooling_mode_max_tokens")
    config = {"word_embedding_dimension": 24, **{mode: mode == pooling for mode in modes}}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(config))
    (folder / "sentence_bert_config.json").write_text(
        json.dumps({"max_seq_length": 64, "do_lower_case": False})
    )
    return folder


def _saved(cls: Any, config: Any, folder: Path, seed: int, shard: str, words: Any) -> Path:
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(seed)
        network = cls(config)
        for (
            parameter
        ) in network.parameters():  # far from the small numbers of a fresh model, which hide errors
            parameter.data.normal_(std=0.3)
    network.save_pretrained(folder, max_shard_size=shard)
    if words is not None:
        words.save_pretrained(folder)
    return folder
