"""Write whole spaces, or 2,000 architectures of them, as text: lengths, distinct texts and time.

Processor time on one core, beside that of a real ONNX export of a few cells. Tokens are those of the model
that COLE reads by default; `over` are the texts beyond its positions, `cut` the share of all tokens that are,
both in percent. With --write also docs/results/text_lengths.csv.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from pathlib import Path
from typing import Any

from archenc import text
from archenc.encoders.cole.language_model import LanguageModel
from archenc.encoders.cole.tokens import Lengths
from archenc.graph import Architecture
from archenc.spaces import space

COMMAND = "python benchmarks/text_lengths.py --write"
RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "text_lengths.csv"
DRAWN, EXPORTED, WHOLE = 2_000, 3, 20_000
CODE: list[dict[str, Any]] = [
    {},
    {"form": "inline"},
    {"form": "helper"},
    {"context": "comment"},
    {"context": "network"},
    {"canonical": True},
]
STRINGS: list[dict[str, Any]] = [{"form": "routing"}, {"form": "onnx"}, {"form": "onnx_legacy"}]
FAITHFUL = {"nb101_detail": "faithful"}
CHOICES: dict[str, list[dict[str, Any]]] = {
    "nasbench201": CODE + STRINGS,
    "transnasbench101": CODE + STRINGS,
    "nasbench301": CODE + STRINGS,
    "nasbench101": [
        *(choices for choices in CODE if choices.get("context") != "network"),
        *({**choices, **FAITHFUL} for choices in CODE),
        *STRINGS,
    ],
}
COLUMNS = ["space", "choices", "texts", "distinct", "least", "mean", "most", "seconds_per_1000"]
COLUMNS += ["tokens", "most_tokens", "over", "cut", "command"]


def row(name: str, archs: list[Architecture], choices: dict[str, Any]) -> tuple[str, ...]:
    start = time.process_time()
    written = text.texts(archs, **choices)
    spent = time.process_time() - start
    return line(name, " ".join(f"{key}={value}" for key, value in choices.items()), written, spent)


def line(name: str, said: str, written: list[str], spent: float) -> tuple[str, ...]:
    sizes = [len(one) for one in written]
    numbers = (len(sizes), len(set(written)), min(sizes), round(statistics.fmean(sizes)), max(sizes))
    tokens = LanguageModel.of("minilm").tokens()
    read = Lengths.of(tokens.counts(tokens.ids(written)))
    counted = (round(read.mean), read.longest)
    shares = (f"{100 * read.too_long / read.n:.3g}", f"{100 * read.share:.3g}")
    seconds = f"{1000 * spent / len(sizes):.3g}"
    return (name, said or "default", *map(str, numbers), seconds, *map(str, counted), *shares, COMMAND)


def export(name: str, archs: list[Architecture]) -> tuple[str, ...]:
    text.onnx_text(archs[-1])  # the first export loads the exporter
    start = time.process_time()
    written = [text.onnx_text(arch) for arch in archs[:EXPORTED]]
    return line(name, "a real export", written, time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    found: list[tuple[str, ...]] = []
    write = parser.parse_args().write
    for name, many in CHOICES.items():
        member = space(name)
        whole = member.size is not None and member.size < WHOLE
        archs = list(member.enumerate()) if whole else member.sample(DRAWN, 0)
        found += [row(name, archs, choices) for choices in many]
        found.append(export(name, member.sample(EXPORTED, 1)))
        for values in found[-len(many) - 1 :]:
            print("  ".join(values[:-1]))
    if write:
        with RESULT.open("w", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(found)


if __name__ == "__main__":
    main()
