"""Texts a second: one at a time as they come, against batches of one length, each distinct text once.

MiniLM-L6 on 24 NAS-Bench-201 cells as code, and on the canonical texts of 48, of which some are equal; and
our own small model of code on the same.
"""

from __future__ import annotations

import csv
import os
import resource
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, AutoTokenizer

from archenc.encoders.cole.cache import Store
from archenc.encoders.cole.embedding import embedded
from archenc.encoders.cole.language_model import LanguageModel
from archenc.encoders.cole.sources import CELLS, MINILM
from archenc.spaces import space
from archenc.text import texts

DTYPES = ("float32", "bfloat16", "int8")


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
    """Print what was found; write it as CSV, too, if a file is named."""
    cells = space("nb201").sample(48, 0)
    folder = str(LanguageModel.of("minilm").source.folder)
    network, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    populations = {"24 cells": texts(cells[:24]), "48 canonical": texts(cells, canonical=True)}
    load = os.getloadavg()[0]
    print(f"{torch.get_num_threads()} threads, load {load:.0f} on {os.cpu_count()} cores")
    rows = []
    for name, read in populations.items():
        ways: dict[str, Any] = {
            "minilm one at a time": partial(one_at_a_time, network, tokenizer, read),
            "minilm padded batches of 32": partial(padded, network, tokenizer, read),
        }
        for model, dtype in (*((MINILM, dtype) for dtype in DTYPES), (CELLS, "float32")):
            loaded = LanguageModel.of(model, dtype=dtype)
            loaded.embed(["x = 1"])
            ways[f"archenc {model} {dtype}"] = partial(embedded, loaded, read, "mean", Store(None))
        plain = 0.0
        for way, run in ways.items():
            begun, processed = time.perf_counter(), time.process_time()
            run()
            wall, cpu = time.perf_counter() - begun, time.process_time() - processed
            plain = plain or cpu
            print(
                f"  {name:13} {len(set(read)):4} distinct {way:28} {len(read) / cpu:7.1f} texts a CPU-second "
                f"({len(read) / wall:.1f} a second), {plain / cpu:.2f} times as many"
            )
            speed, ratio = f"{len(read) / cpu:.1f}", f"{plain / cpu:.2f}"
            rows.append([name, len(set(read)), way, speed, ratio, f"{load:.0f}"])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"at most {memory:.1f} GiB of memory")
    if len(sys.argv) > 1:
        with Path(sys.argv[1]).open("w", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(["texts", "distinct", "way", "texts_a_cpu_second", "ratio", "load"])
            table.writerows(rows)


if __name__ == "__main__":
    main()
