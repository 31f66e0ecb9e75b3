"""Measure what CATE claims: neighbours in its code are closer in accuracy and in cost than in other codes.

    python tools/check_cate.py

writes docs/results/cate_neighbours.csv, a line a space and code, and the page cate.md beside it. `--only`
takes the name of a space and replaces its lines; the others stay. Needs the imported tables.
"""

from __future__ import annotations

import argparse
import csv
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.stats import kendalltau, rankdata
from sklearn.neighbors import NearestNeighbors

from archenc.encoders import CATE, Adjacency, Arch2Vec, Encoder
from archenc.encoders import Path as PathCode
from archenc.encoders.learned.cate.costs import cell_costs
from archenc.encoders.learned.weights import FOLDER, Weights
from archenc.errors import IncompatibleModel
from archenc.graph import class_labels
from archenc.graph.forms import default_form
from archenc.predictors.tabular.ridge import Ridge
from archenc.store import write_text
from archenc.tables import BenchmarkTable

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results"
CSV, PAGE = RESULTS / "cate_neighbours.csv", RESULTS / "cate.md"
COMMAND = "python tools/check_cate.py"
QUERIES, NEIGHBOURS, CANDIDATES, DRAWS, TRAIN = 1_500, 10, 200, 20, 100
COLUMNS = (
    "space",
    "code",
    "architectures",
    "accuracy",
    "accuracy_se",
    "params",
    "params_se",
    "flops",
    "flops_se",
    "tau",
    "tau_sd",
    "command",
)


@dataclass(frozen=True)
class Labels:
    """Columns of a table that are compared. costs: columns, or None where they are computed for all rows."""

    accuracy: str
    costs: dict[str, str] | None = None


SPACES = {
    "nasbench201": Labels("cifar10_val_accuracy_200ep"),
    "nasbench101": Labels("cifar10_val_accuracy_108ep", {"params": "cifar10_params"}),
    "nasbench301": Labels(
        "cifar10_val_accuracy_surrogate", {"params": "cifar10_zc32_params", "flops": "cifar10_zc32_flops"}
    ),
    "transnasbench101": Labels("class_scene_val_accuracy_final"),
}


def codes(space: str, scratch: Path) -> Iterator[tuple[str, Encoder]]:
    """Yield the codes to compare."""
    yield "adjacency", Adjacency()
    yield "path", PathCode()
    for name, encoder in (("arch2vec", Arch2Vec()), ("CATE", CATE())):
        if (FOLDER / f"{name.lower()}-clean-{space}").exists():
            yield name, encoder
    if (FOLDER / f"cate-clean-{space}").exists():
        yield "CATE, state of the input", CATE(pool="input")
        yield "CATE, not trained", CATE(weights=untrained(space, scratch))


def untrained(space: str, scratch: Path) -> Path:
    """Make weights of the same shapes as ours, as they are before training."""
    known = Weights.load(FOLDER / f"cate-clean-{space}")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = CATE()._network(known.config["setting"], known.frame)
    tensors = {name: value.numpy() for name, value in network.state_dict().items() if name in known.tensors}
    Weights(known.config, tensors).save(scratch / space)
    return scratch / space


def measure(space: str, scratch: Path) -> Iterator[dict[str, str]]:
    """Yield the line of every code of a space."""
    labels = SPACES[space]
    table = BenchmarkTable.open(space)
    wanted = [labels.accuracy, *(labels.costs or {}).values()]
    rng = np.random.default_rng(0)
    rows = rng.permutation(table.select(wanted))  # ties among neighbours must not follow the index
    archs = table.architectures(rows)
    accuracy = table.values(labels.accuracy, rows)
    same = class_labels(archs, default_form(archs[0].cells))
    measured = {"accuracy": rankdata(accuracy) / len(rows) * 100}
    if labels.costs is None:
        measured |= {"params": share(cell_costs(archs, "params")), "flops": share(cell_costs(archs, "flops"))}
    else:
        measured |= {name: share(table.values(column, rows)) for name, column in labels.costs.items()}
    queries = rng.permutation(len(rows))[:QUERIES]
    drawn = rng.integers(len(rows), size=(len(queries), NEIGHBOURS))
    yield line(space, "any other", len(rows), differences(measured, queries, drawn), None)
    for name, encoder in codes(space, scratch):
        code = encoder.fit(archs[:1000]).transform(archs)
        found = neighbours(code, queries, same)
        print(f"{space}: {name}", flush=True)
        yield line(
            space,
            name,
            len(rows),
            differences(measured, queries, found),
            ridge(code, accuracy),
        )


def share(values: np.ndarray) -> np.ndarray:
    """Return costs in per cent of the largest."""
    return values / values.max() * 100


def neighbours(code: np.ndarray, queries: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return the rows nearest to each query; itself, and the same network spelled otherwise, do not count."""
    index = NearestNeighbors(n_neighbors=min(CANDIDATES, len(code))).fit(code)
    near = index.kneighbors(code[queries], return_distance=False)
    other = same[near] != same[queries][:, None]
    order = np.argsort(~other, axis=1, kind="stable")[:, :NEIGHBOURS]
    return np.take_along_axis(near, order, axis=1)


def differences(
    measured: dict[str, np.ndarray], queries: np.ndarray, found: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Return mean and standard error, over the queries, of the mean distance to the neighbours."""
    result = {}
    for name, values in measured.items():
        away = np.abs(values[found] - values[queries][:, None]).mean(axis=1)
        result[name] = float(away.mean()), float(away.std(ddof=1) / len(away) ** 0.5)
    return result


def ridge(code: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return mean and deviation of Kendall's tau of a ridge on some labels, on all other architectures."""
    taus = []
    for draw in range(DRAWS):
        order = np.random.default_rng([1, draw]).permutation(len(y))
        train, test = order[:TRAIN], order[TRAIN : TRAIN + 5_000]
        predicted = Ridge().fit(code[train], y[train]).predict(code[test])
        taus.append(kendalltau(predicted, y[test]).statistic)
    return float(np.mean(taus)), float(np.std(taus, ddof=1))


def line(
    space: str,
    code: str,
    n: int,
    away: dict[str, tuple[float, float]],
    tau: tuple[float, float] | None,
) -> dict[str, str]:
    """Return a line of the table."""
    made = dict.fromkeys(COLUMNS, "") | {"space": space, "code": code, "architectures": str(n)}
    for name, (mean, error) in away.items():
        made |= {name: f"{mean:.2f}", f"{name}_se": f"{error:.2f}"}
    if tau is not None:
        made |= {"tau": f"{tau[0]:.3f}", "tau_sd": f"{tau[1]:.3f}"}
    return made | {"command": COMMAND}


def page(lines: list[dict[str, str]]) -> str:
    """Return the page."""
    parts = [INTRODUCTION]
    for space in SPACES:
        some = [one for one in lines if one["space"] == space]
        if not some:
            continue
        parts += [f"## {space}, {int(some[0]['architectures']):,} architectures\n"]
        parts += ["| code | accuracy | parameters | FLOPs | ridge, tau |\n|---|---|---|---|---|"]
        for one in some:
            cells = [
                f"{one[c]} ± {one[c + '_se']}" if one[c] else "" for c in ("accuracy", "params", "flops")
            ]
            tau = f"{one['tau']} ± {one['tau_sd']}" if one["tau"] else ""
            parts.append("| " + " | ".join([one["code"], *cells, tau]) + " |")
        parts.append("")
    return "\n".join(parts) + TRAINING + trained()


INTRODUCTION = f"""# CATE: are neighbours alike?

CATE is trained on pairs of cells of similar cost, so that cells that compute much alike come to lie together.
Below, for {QUERIES:,} architectures (all, where there are fewer), how far their {NEIGHBOURS} nearest
neighbours in a code are from them: in accuracy, as per cent of the ranks (33 on average between any two); in
parameters and FLOPs, as per cent of the largest of the space. Mean ± standard error over the architectures;
smaller is better. Neighbours that are the same network in another spelling do not count, and ties are broken
by lot. The last column is Kendall's tau of a ridge on {TRAIN} labels, tested on at most 5,000 others; mean ±
standard deviation of {DRAWS} draws.

Distances are Euclidean on the codes as they are, with the weights that come with archenc. "Not trained" is
the same network with random weights: what the paths and the operations alone give.
Columns: [cate_neighbours.csv](cate_neighbours.csv), made by `{COMMAND}`.
"""

TRAINING = """
## What the weights have seen

The network has the published size; the training is a small part of the published one. The curves of the
held-out loss are in [cate_loss.csv](cate_loss.csv).

| space | cells | pairs seen | published | held-out loss | held-out accuracy |
|---|---|---|---|---|---|
"""


def trained() -> str:
    """Return the rows about the training of our weights."""
    rows = []
    for space in SPACES:
        try:
            training = Weights.load(FOLDER / f"cate-clean-{space}").config["training"]
        except IncompatibleModel:
            rows.append(f"| {space} | no weights | | | | |")
            continue
        published = training["published"]["pairs"].get(space)
        losses = training["losses"]
        rows.append(
            f"| {space} | {training['architectures']:,} | {training['items']:,} | "
            f"{'not published' if published is None else f'{published:,}'} | "
            f"{training['best_held_out_loss']:.3f} | {losses['held_out_accuracy']:.3f} |"
        )
    return "\n".join(rows) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=SPACES, help="a space")
    chosen = parser.parse_args().only
    kept: list[dict[str, str]] = []
    if chosen and CSV.exists():
        with CSV.open(newline="") as stream:
            kept = [one for one in csv.DictReader(stream) if one["space"] != chosen]
    with tempfile.TemporaryDirectory() as scratch:
        for space in [chosen] if chosen else SPACES:
            kept += measure(space, Path(scratch))
    kept.sort(key=lambda one: list(SPACES).index(one["space"]))
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept)
    write_text(CSV, text.getvalue())
    write_text(PAGE, page(kept))


if __name__ == "__main__":
    main()
