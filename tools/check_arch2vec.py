"""Measure arch2vec: what it says again, what it makes up, what its distances mean, and what it predicts.

    python tools/check_arch2vec.py

Writes docs/results/arch2vec.md and arch2vec.csv. The public vectors and accuracies are found by
ARCHENC_SHARED_DATA; without these the last two tables are left out, and the page says so.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau, spearmanr
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from archenc import Adjacency, Arch2Vec, Encoder, XGBoost, space
from archenc import Path as Paths
from archenc.encoders.learned.arch2vec.metrics import generate, reconstruct
from archenc.encoders.learned.gathering import gather
from archenc.encoders.learned.weights import FOLDER, Weights
from archenc.graph import Architecture
from archenc.store import write_text

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ARCHENC_SHARED_DATA") or ROOT.parent / "shared" / "data")
VECTORS, ACCURACIES = DATA / "nb201/arch2vec_nb201_embeddings.csv", DATA / "nb201/nats_bench.csv"
RESULTS = ROOT / "docs" / "results"

CELLS = 10_000
"""Cells that are encoded and decoded, at most, and draws that are judged."""

PAIRS = 100_000
TRAIN = (100, 1000)
Row = dict[str, Any]


def quality(folder: Path) -> Row:
    """Reconstruction, validity and uniqueness of the weights in a folder."""
    weights = Weights.load(folder)
    name, preset, training = weights.frame.space, weights.config["preset"], weights.config["training"]
    some = space(name).sample(4, 0)
    encoder = Arch2Vec(str(folder), preset, latent=weights.config["setting"]["latent"]).fit(some)
    size = space(name).size or CELLS
    X = gather(name, min(CELLS, size), 1)
    found, strict = reconstruct(encoder, X), generate(encoder, X, CELLS)
    row: Row = {
        "space": name,
        "preset": preset,
        "architectures": training["architectures"],
        "epochs": training["schedule"]["epochs"],
        "batch": training["schedule"]["batch_size"],
        "held-out loss": round(training["losses"]["held_out_loss"], 4),
        "op accuracy": round(found.op_accuracy, 4),
        "edge accuracy": round(found.edge_accuracy, 4),
        "exact": round(found.exact, 4),
        "without twins": round(1 - twins(encoder, X), 4),
        "valid": round(strict.validity, 4),
        "unique": round(strict.uniqueness, 4),
        "valid, published check": "",
    }
    if encoder.weights_.frame.n_cells == 1:
        loose = generate(encoder, X, CELLS, validity="published")
        row["valid, published check"] = round(loose.validity, 4)
    return row


def twins(encoder: Arch2Vec, X: Any) -> float:
    """Share of cells with two unlinked nodes of one code, which no product of codes can tell from linked."""
    from archenc.encoders.learned.arch2vec.metrics import _latents

    count = total = 0
    for cells, mu in _latents(encoder, X):
        same = (mu[:, :, None] - mu[:, None]).abs().amax(-1) < 1e-9
        count += int((same & cells.pairs & (cells.links == 0)).flatten(1).any(1).sum())
        total += len(mu)
    return count / total


def edits_nb201(encoder: Encoder) -> list[Row]:
    """Mean distance of codes for pairs of NAS-Bench-201 cells, by number of edges with another operation."""
    member: Any = space("nb201")
    archs = list(member.enumerate())
    rng = np.random.default_rng(0)
    first, second = rng.integers(len(archs), size=(2, PAIRS))
    codes = member.codes(archs)
    edits = (codes[first] != codes[second]).sum(1)
    code = encoder.fit(archs[:4]).transform(archs)
    distance = np.linalg.norm(code[first] - code[second], axis=1)
    return by_edits("nasbench201", encoder, edits, distance, "cells that differ in k operations")


def edits_nb101(encoder: Encoder) -> list[Row]:
    """The same for NAS-Bench-101: from a cell, k random changes, one after the other."""
    member = space("nb101")
    rng = np.random.default_rng(0)
    starts = member.sample(400, 0)
    archs, edits = list(starts), [0] * len(starts)
    present = list(starts)
    for k in range(1, 7):
        present = [
            options[int(rng.integers(len(options)))]
            for options in (list(member.neighbours(a)) for a in present)
        ]
        archs += present
        edits += [k] * len(present)
    code = encoder.fit(starts[:4]).transform(archs)
    distance = np.linalg.norm(code - np.tile(code[: len(starts)], (7, 1)), axis=1)
    steps = np.array(edits)
    return by_edits(
        "nasbench101", encoder, steps[steps > 0], distance[steps > 0], "cells k random changes apart"
    )


def by_edits(name: str, encoder: Encoder, edits: np.ndarray, distance: np.ndarray, pairs: str) -> list[Row]:
    """One row: mean distances over their mean, by number of edits, and the rank correlation."""
    unit = distance.mean()
    there = [k for k in range(1, 7) if (edits == k).any()]
    means = {f"k = {k}": round(float(distance[edits == k].mean() / unit), 3) for k in there}
    rho = round(float(spearmanr(edits, distance).statistic), 3)
    return [{"space": name, "code": label(encoder), "pairs": pairs, **means, "Spearman": rho}]


def label(encoder: Encoder) -> str:
    """Name an encoder in a table."""
    if isinstance(encoder, Arch2Vec):
        return f"arch2vec, {encoder.preset}"
    return type(encoder).__name__.lower()


def published_vectors() -> tuple[list[Architecture], np.ndarray, np.ndarray]:
    """The 9,445 cells, their published vectors, and their CIFAR-10 test accuracies after 200 epochs."""
    parse = space("nb201").parse
    with VECTORS.open() as stream:
        rows = list(csv.DictReader(stream))
    archs = [parse(row["net"]) for row in rows]
    vectors = np.array([[float(row[f"embeddings_{k}"]) for k in range(16)] for row in rows])
    with ACCURACIES.open() as stream:
        accuracy = {
            parse(row["ArchitectureString"]): float(row["CIFAR10TestAccuracy200Epochs"])
            for row in csv.DictReader(stream)
        }
    return archs, vectors, np.array([accuracy[arch] for arch in archs])


def agreement(codes: dict[str, np.ndarray], reference: np.ndarray) -> list[Row]:
    """Rank correlation of the distances of codes with those of the published vectors, over random pairs."""
    rng = np.random.default_rng(0)
    first, second = rng.integers(len(reference), size=(2, PAIRS))

    def distances(code: np.ndarray) -> np.ndarray:
        return np.linalg.norm(code[first] - code[second], axis=1)

    ours = {name: distances(code) for name, code in codes.items()}
    theirs = distances(reference)
    return [
        {
            "code": name,
            "Spearman with the published distances": round(float(spearmanr(d, theirs).statistic), 3),
        }
        for name, d in ours.items()
    ]


def prediction(codes: dict[str, np.ndarray], y: np.ndarray, draws: int) -> list[Row]:
    """Kendall tau on all other cells after a ridge or boosted trees on few; one set of draws for all."""
    models: dict[str, Callable[[int], Any]] = {
        "ridge": lambda _: make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13))),
        "xgboost": lambda seed: XGBoost(seed=seed),
    }
    rows = []
    for name, code in codes.items():
        for model, make in models.items():
            row: Row = {"code": name, "columns": code.shape[1], "model": model}
            for n in TRAIN:
                taus = []
                for draw in range(draws):
                    order = np.random.default_rng(draw).permutation(len(y))
                    fitted = make(draw).fit(code[order[:n]], y[order[:n]])
                    taus.append(kendalltau(y[order[n:]], fitted.predict(code[order[n:]])).statistic)
                row[f"tau at {n}"] = f"{np.mean(taus):.3f} ± {np.std(taus, ddof=1):.3f}"
            rows.append(row)
    return rows


def table(rows: Sequence[Row]) -> str:
    """Records as a table in Markdown."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(shown(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def shown(value: object) -> str:
    """Thousands with commas, nothing for NaN, all else as it is."""
    if isinstance(value, float) and np.isnan(value):
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=5, help="Training sets of the last table.")
    parser.add_argument("--weights", type=Path, nargs="*", default=(), help="More folders than the packaged.")
    arguments = parser.parse_args()
    began = time.monotonic()
    folders = [*sorted(FOLDER.glob("arch2vec-*")), *arguments.weights]
    sections: dict[str, list[Row]] = {"quality": [quality(folder) for folder in folders]}
    presets = [
        Arch2Vec(str(folder), Weights.load(folder).config["preset"])
        for folder in folders
        if Weights.load(folder).frame.space == "nasbench201"
    ]
    sections["edits"] = [row for one in (*presets, Adjacency()) for row in edits_nb201(one)]
    if any(folder.name.endswith("-nasbench101") for folder in folders):
        sections["edits"] += [row for one in (Arch2Vec(), Adjacency()) for row in edits_nb101(one)]
    if VECTORS.is_file() and ACCURACIES.is_file():
        archs, vectors, y = published_vectors()
        codes = {label(one): one.fit(archs[:50]).transform(archs) for one in (*presets, Adjacency(), Paths())}
        sections["agreement"] = agreement(codes, vectors)
        sections["prediction"] = prediction({"published vectors": vectors, **codes}, y, arguments.draws)
    write(sections, arguments.draws)
    print(f"{time.monotonic() - began:.0f} s")


def write(sections: dict[str, list[Row]], draws: int) -> None:
    """Write the page and one CSV file with every number, a line each."""
    parts = [TEXT["head"]]
    for name in ("quality", "edits", "agreement", "prediction"):
        parts.append(TEXT[name].replace("DRAWS", str(draws)))
        parts.append(
            table(sections[name]) if name in sections else "Not run: the public files were not there.\n"
        )
    write_text(RESULTS / "arch2vec.md", "\n".join(parts))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "row", "quantity", "value"])
    for name, rows in sections.items():
        for number, row in enumerate(rows):
            writer.writerows([name, number, *item] for item in row.items())
    write_text(RESULTS / "arch2vec.csv", text.getvalue())


TEXT = {
    "head": """# arch2vec

    python tools/check_arch2vec.py

Weights that come with archenc (`weights="packaged"`), trained by the commands in
[encoders](../encoders.md#learned-encoders).
""",
    "quality": """## What it says again, and what it makes up

10,000 architectures at most are encoded; operations and links are decided from the means of the codes.
*Exact* is the share of cells with every operation and every link right. A link is a product of two codes,
so two nodes with one code are always taken for linked; *without twins* is the share of cells without such a
pair, a ceiling of *exact*. *Valid* is the share of 10,000 draws (per slot and column, mean and deviation of
the codes) that the space contains, links and operations read together; *unique* the share of different
networks among these. The *published check* of NAS-Bench-201 looks at no link, and not at the first
operation.
""",
    "edits": """## Distance of codes against edits

Mean Euclidean distance over pairs of cells, by number of edits, as a multiple of the mean over all pairs,
and the rank correlation of the two.
""",
    "agreement": """## The published vectors: distances

The public table of 9,445 NAS-Bench-201 cells by another training of arch2vec
(`arch2vec_nb201_embeddings.csv`). A latent space is defined only up to the chance of a training, so that
distances are compared, over 100,000 pairs, and not numbers.
""",
    "prediction": """## The published vectors: what they predict

CIFAR-10 test accuracy after 200 epochs of the same 9,445 cells; Kendall tau on all cells that were not
trained on, DRAWS training sets of each size, the same for every code.
""",
}


if __name__ == "__main__":
    main()
