"""Set the studies of encodings side by side: docs/results/encodings.md, from the tables beside it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results"
STUDIES = {
    "NAS-Bench-101, 20,001 cells, validation accuracy after 108 epochs": ("encodings-nb101", "scores-nb101"),
    "NAS-Bench-201, 9,444 cells, CIFAR-10 validation accuracy after 200 epochs": ("learned-nb201",),
    "NAS-Bench-301, 725 architectures, accuracy by a surrogate": ("encodings-nb301",),
    "TransNAS-Bench-101 micro, 4,096 cells, class_scene": ("encodings-tnb101",),
}
SIZES = ("8", "32", "128", "512")
PREDICTORS = {"ridge": "ridge", "xgboost": "XGBoost", "mlp": "MLP", "flan": "FLAN, beside the graph"}
ALONE = "graph"
HEAD = """# Every encoding under every predictor, on four spaces

```console
python tools/encodings_page.py
```

Kendall tau after {sizes} training architectures, mean of 3 paired trials, seed 0, tested on all others;
intervals stand on the page of each study. Ridge reads ranks of the labels; FLAN has T = 1 and reads an
encoding beside the graph, in its first row nothing else. The best of each size is bold.
"""


def read(names: Sequence[str]) -> dict[tuple[str, str, str], float]:
    """Return tau by encoding, predictor and training size."""
    found = {}
    for name in names:
        with (RESULTS / f"{name}.csv").open() as stream:
            for row in csv.DictReader(stream):
                if row["metric"] == "kendall_tau":
                    method = row["method"].partition(":")[0]
                    found[row["encoding"], method, row["n_train"]] = float(row["mean"])
    return found


def table(found: dict[tuple[str, str, str], float]) -> list[str]:
    """Return the lines of a table, an encoding a row."""
    best = {size: max(tau for (_, _, n), tau in found.items() if n == size) for size in SIZES}

    def shown(encoding: str, predictor: str, size: str) -> str:
        tau = found[encoding, predictor, size]
        text = f"{tau:.3f}".replace("0.", ".", 1)
        return f"**{text}**" if tau == best[size] else text

    lines = [f"| encoding | {' | '.join(PREDICTORS.values())} |", "|---" * (len(PREDICTORS) + 1) + "|"]
    for encoding in sorted(dict.fromkeys(key[0] for key in found), key=lambda name: name != ALONE):
        cells = [
            " / ".join(shown(encoding, predictor, size) for size in SIZES)
            if (encoding, predictor, SIZES[0]) in found
            else ""
            for predictor in PREDICTORS
        ]
        lines.append(f"| {encoding if encoding != ALONE else 'none'} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Write the page."""
    lines = [HEAD.format(sizes=" / ".join(SIZES))]
    for title, names in STUDIES.items():
        pages = ", ".join(f"[{name}]({name}.md)" for name in names)
        lines += [f"## {title}", "", pages, "", *table(read(names)), ""]
    (RESULTS / "encodings.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
