"""Texts a second: one at a time as they come, against batches of one length, each distinct text once.

MiniLM-L6 on 100 NAS-Bench-201 cells as code, and on the canonical texts of 200, of which many are equal.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from transformers import AutoModel, AutoTokenizer

from archenc.encoders.cole.cache import Store
from archenc.encoders.cole.embedding import embedded
from archenc.encoders.cole.language_model import LanguageModel
from archenc.spaces import space
from archenc.text import texts


def one_at_a_time(model: Any, tokenizer: Any, read: Sequence[str]) -> None:
    with torch.inference_mode():
        for text in read:
            inputs = tokenizer(text, return_tensors="pt")
            model(**inputs).last_hidden_state.mean(dim=1)


def padded(model: Any, tokenizer: Any, read: Sequence[str]) -> None:
    """Batches of 32 in the order of the texts, padded to the longest."""
    with torch.inference_mode():
        for start in range(0, len(read), 32):
            inputs = tokenizer(list(read[start : start + 32]), return_tensors="pt", padding=True)
            mask = inputs["attention_mask"][..., None]
            (model(**inputs).last_hidden_state * mask).sum(dim=1) / mask.sum(dim=1)


def main() -> None:
    cells = space("nb201").sample(200, 0)
    folder = str(LanguageModel.of("minilm").source.folder)
    network, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    populations = {"100 cells": texts(cells[:100]), "200 canonical": texts(cells, canonical=True)}
    print(f"{torch.get_num_threads()} threads")
    for name, read in populations.items():
        lengths = LanguageModel.of("minilm").tokens()
        mean = lengths.counts(lengths.ids(read))[:, 0].mean()
        print(f"{name}: {len(set(read))} distinct, {mean:.0f} tokens on average")
        ways: dict[str, Any] = {
            "one at a time": partial(one_at_a_time, network, tokenizer, read),
            "padded batches of 32": partial(padded, network, tokenizer, read),
        }
        for dtype in ("float32", "bfloat16", "int8"):
            model = LanguageModel.of("minilm", dtype=dtype)
            model.embed(["x = 1"])
            ways[f"archenc, {dtype}"] = partial(embedded, model, read, "mean", Store(None))
        plain = 0.0
        for way, run in ways.items():
            begun, processed = time.perf_counter(), time.process_time()
            run()
            wall, cpu = time.perf_counter() - begun, time.process_time() - processed
            plain = plain or cpu
            print(
                f"  {way:22} {len(read) / cpu:7.1f} texts a CPU-second ({len(read) / wall:.1f} a second), "
                f"{plain / cpu:.2f} times as many"
            )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"at most {memory:.1f} GiB of memory")


if __name__ == "__main__":
    main()
