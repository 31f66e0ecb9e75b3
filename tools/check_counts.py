"""Build the network of every row of a public file that states parameters or FLOPs, count, and compare.

    python tools/check_counts.py

writes docs/results/network_counts.csv, one line a space, task and file, and the page beside it. `--only`
takes the name of a space and replaces its lines; the others stay.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import torch

from archenc import networks, space
from archenc.graph import Architecture
from archenc.networks import nb101_vertices
from archenc.store.atomic import write_text

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ARCHENC_SHARED_DATA") or ROOT.parent / "shared" / "data")
RESULTS = ROOT / "docs" / "results"
COLUMNS = (
    "space",
    "task",
    "file",
    "rows",
    "rows_in_file",
    "params_equal",
    "flops_equal",
    "largest_difference",
    "skeleton",
    "convention",
    "command",
)


Skeleton = tuple[tuple[str, Any], ...]


class Row(NamedTuple):
    """A spelling, and what the file says of it in single units; None where it says nothing."""

    native: str
    params: int | None
    flops: int | None


@dataclass(frozen=True)
class Check:
    """The rows of one file for one task.

    every: only each so many-th row is checked. skeleton: options for `networks.build`. closed_form: count
    parameters by formula instead of building. alike: architectures of one value share one built network.
    """

    space: str
    task: str
    file: str
    read: Callable[[Path, str], list[Row]]
    part: str = ""
    every: int = 1
    skeleton: Skeleton = ()
    closed_form: Callable[[Architecture], int] | None = None
    alike: Callable[[Architecture], Hashable] | None = None

    @property
    def how(self) -> str:
        """What differs from building the network as it is by default."""
        options = " ".join(f"{name}={value}" for name, value in self.skeleton)
        if self.closed_form is not None:
            return "closed form"
        return options if self.alike is None else "one network a set of operations"


def millions(value: str | float) -> int:
    """Return single units, and fail if the file says anything but whole ones (to its own 1e-9)."""
    exact = float(value) * 1e6
    if abs(exact - round(exact)) > 1e-3:
        raise SystemExit(f"{value} million is no whole number of units")
    return round(exact)


def from_suite_zero(path: Path, part: str) -> list[Row]:
    """Read `{part: {spelling: {"params": {"score": ...}, "flops": ...}}}`."""
    rows = json.loads(path.read_text())[part]
    return [
        Row(key, millions(row["params"]["score"]), millions(row["flops"]["score"]))
        for key, row in rows.items()
    ]


def from_batch64(path: Path, _part: str) -> list[Row]:
    """Read the columns net, params and flops."""
    with path.open(newline="") as file:
        return [
            Row(row["net"], millions(row["params"]), millions(row["flops"])) for row in csv.DictReader(file)
        ]


def from_nas_ntk(path: Path, _part: str) -> list[Row]:
    """Read the columns index and num_param."""
    with path.open(newline="") as file:
        return [Row(row["index"], int(row["num_param"]), None) for row in csv.DictReader(file)]


def from_plain_scores(path: Path, _part: str) -> list[Row]:
    """Read `{space: {data set: {spelling: {"params": ..., "flops": ...}}}}`."""
    rows = json.loads(path.read_text())["nasbench101"]["cifar10"]
    return [Row(key, millions(row["params"]), millions(row["flops"])) for key, row in rows.items()]


def from_matrices(path: Path, _part: str) -> list[Row]:
    """Read the columns adj_rowmajor, ops and params."""
    with path.open(newline="") as file:
        return [
            Row(f"{row['adj_rowmajor']}|{row['ops'].replace(';', ',')}", int(row["params"]), None)
            for row in csv.DictReader(file)
        ]


def nb101_parameters(arch: Architecture) -> int:
    """Return the parameters of the cell that the benchmark trained, in closed form."""
    return nb101_vertices.parameters(nb101_vertices.as_trained(arch.cells[0])[0])


def _nb101() -> Iterator[Check]:
    rows = "nb101/decoded_nb101_20k.csv"
    yield Check("nasbench101", "cifar10", rows, from_matrices, closed_form=nb101_parameters)
    yield Check("nasbench101", "cifar10", rows, from_matrices, every=20)
    yield Check(
        "nasbench101",
        "cifar10",
        "nb101/zc_nasbench101.json",
        from_plain_scores,
        skeleton=(("node_order", "given"),),
    )


def _nb301() -> Iterator[Check]:
    yield Check("nasbench301", "cifar10", "nb301/zc_nasbench301.json", from_suite_zero, "cifar10")


def operations(arch: Architecture) -> tuple[str, ...]:
    """Return the operations of a cell, sorted: all that its counts depend on where all edges are alike."""
    return tuple(sorted(edge.op.name for edge in arch.cells[0].edges))


def _nb201() -> Iterator[Check]:
    parts = {
        "cifar10": ("cifar10", "nb201_zc_proxies.csv", "Cifar10-NB201.csv"),
        "cifar100": ("cifar100", None, "Cifar100-NB201.csv"),
        "imagenet16": ("ImageNet16-120", "nb201_ImageNet16-120_zc_proxies.csv", "ImageNet-NB201.csv"),
    }
    for task, (part, batch64, ntk) in parts.items():
        yield Check("nasbench201", task, "nb201/zc_nasbench201.json", from_suite_zero, part)
        if batch64:
            yield Check("nasbench201", task, f"nb201/{batch64}", from_batch64, alike=operations)
        yield Check("nasbench201", task, f"nb201/{ntk}", from_nas_ntk, alike=operations)


def _tnb101() -> Iterator[Check]:
    for task in networks.tasks("transnasbench101"):
        yield Check("transnasbench101", task, "tnb101/zc_transbench101_micro.json", from_suite_zero, task)


CHECKS = (*_nb101(), *_nb201(), *_nb301(), *_tnb101())


def count_all(
    task: str,
    skeleton: Skeleton,
    closed_form: Callable[[Architecture], int] | None,
    archs: list[Architecture],
) -> list[tuple[int, int]]:
    """Build networks without weights and count them, or count by formula, which gives no FLOPs."""
    if closed_form is not None:
        return [(closed_form(arch), 0) for arch in archs]
    torch.set_num_threads(1)
    counted = (networks.count(networks.build(arch, task, device="meta", **dict(skeleton))) for arch in archs)
    return [(counts.params, counts.flops) for counts in counted]


def lines(space_name: str, pool: ProcessPoolExecutor, workers: int) -> Iterator[dict[str, str]]:
    """Yield the line of each check of a space; files of one task share the networks."""
    member = space(space_name)
    checks = [check for check in CHECKS if check.space == space_name]
    for kind, group in groupby(
        checks, lambda check: (check.task, check.skeleton, check.closed_form, check.alike)
    ):
        *how, alike = kind
        files = [(check, check.read(DATA / check.file, check.part)) for check in group]
        chosen = [(check, rows[:: check.every], len(rows)) for check, rows in files]
        archs = [[member.parse(row.native) for row in rows] for _, rows, _ in chosen]
        keys = [[arch if alike is None else alike(arch) for arch in some] for some in archs]
        built = dict(zip(chain(*keys), chain(*archs), strict=True))
        size = max(1, -(-len(built) // (16 * workers)))
        parts = [list(built.values())[i : i + size] for i in range(0, len(built), size)]
        counts = [found for part in pool.map(partial(count_all, *how), parts) for found in part]
        found = dict(zip(built, counts, strict=True))
        for (check, rows, total), some in zip(chosen, keys, strict=True):
            yield line(check, [(row, found[key]) for row, key in zip(rows, some, strict=True)], total)


def line(check: Check, rows: list[tuple[Row, tuple[int, int]]], total: int) -> dict[str, str]:
    """Compare the rows of one file."""
    params = [abs(ours[0] - row.params) for row, ours in rows if row.params is not None]
    flops = [abs(ours[1] - row.flops) for row, ours in rows if row.flops is not None]
    done = {
        "space": check.space,
        "task": check.task,
        "file": check.file,
        "rows": str(len(rows)),
        "rows_in_file": str(total),
        "params_equal": str(params.count(0)) if params else "",
        "flops_equal": str(flops.count(0)) if flops else "",
        "largest_difference": str(max(params + flops)),
        "skeleton": check.how,
        "convention": "suite_zero" if flops else "",
        "command": f"python tools/check_counts.py --only {check.space}",
    }
    print(*done.values(), sep=", ", flush=True)
    return done


def page(rows: list[dict[str, str]]) -> str:
    """Return the page that shows the lines."""
    text = [
        "# Parameters and FLOPs of the networks",
        "",
        "    python tools/check_counts.py",
        "",
        *wrap(
            "Every network is built, counted, and compared with what the public file states, in single "
            "parameters and single operations; options of the build stand in the last column. An empty cell "
            "means that the file does not state the quantity. Every agreement in FLOPs is with the "
            "convention `suite_zero` of [`networks.count`](../networks.md#counting); the convention `macs` "
            "agrees with no file. In the line `closed form` the parameters come from a formula, which the "
            "tests hold against built networks. In the lines `one network a set of operations` the cells of "
            "each of the 210 sets share one, because counts do not depend on the edges; the tests hold it.",
            112,
        ),
        "",
        "| space | task | file | rows | of | params equal | FLOPs equal | largest difference | built with |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    shown = COLUMNS[: COLUMNS.index("convention")]
    for row in rows:
        cells = [f"{int(row[name]):,}" if row[name].isdigit() else row[name] for name in shown]
        text.append("| " + " | ".join(cells) + " |")
    return "\n".join(text) + "\n"


def main() -> int:
    """Check, and write both files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", metavar="SPACE", help="check this space and keep the lines of the others")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    target = RESULTS / "network_counts.csv"
    names = list(dict.fromkeys(check.space for check in CHECKS))
    wanted = [space(options.only).name] if options.only else names
    with ProcessPoolExecutor(options.workers) as pool:
        fresh = [row for name in wanted for row in lines(name, pool, options.workers)]
    kept = list(csv.DictReader(target.read_text().splitlines())) if options.only and target.exists() else []
    rows = [row for row in kept if row["space"] not in wanted] + fresh
    rows.sort(key=lambda row: names.index(row["space"]))
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(target, text.getvalue())
    write_text(target.with_suffix(".md"), page(rows))
    return 0 if all(row["largest_difference"] == "0" for row in fresh) else 1


if __name__ == "__main__":
    sys.exit(main())
