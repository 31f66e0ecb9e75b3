"""Provoke every bad input on the code as it is, and write down what a user then reads.

python tools/show_errors.py docs/results/bad_input.md

Needs nb201/Cifar10-NB201.csv in the folder ARCHENC_SHARED_DATA (default: ../shared/data). Takes about a
minute. What is said to be kept is compared before and after; the script fails where it is not.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

import numpy as np
from more_errors import MORE
from provoking import CASES, Shown, archenc, case, flip, nothing_run, raised, small_run, start, stays
from pyarrow.parquet import ParquetFile
from torch import nn

from archenc import text
from archenc.errors import DataError
from archenc.evaluation import Task
from archenc.graph import Architecture, Cell, connected, op
from archenc.predictors import FLAN, TAGATES, Predictor, Ridge
from archenc.proxies import OperationScores, operation_scores
from archenc.search import make
from archenc.search import search as find
from archenc.search.evaluators import FromFunction
from archenc.spaces import space
from archenc.store import file_sha256, write_text
from archenc.tables import BenchmarkTable, Metric

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ARCHENC_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
SOURCE = SHARED / "nb201" / "Cifar10-NB201.csv"
NB201 = space("nb201")
HOME = Path("home")
TABLE = HOME / "tables" / "nasbench201.parquet"


@case
def illegal() -> Iterator[Shown]:
    """An illegal string."""
    text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|"
    yield (
        f">>> space('nb201').parse({text!r})",
        raised(lambda: NB201.parse(text)),
        "Nothing was made or written.",
    )
    yield (
        ">>> space('nb201').parse(15625)",
        raised(lambda: NB201.parse(15625)),
        "Nothing was made or written.",
    )


@case
def unknown_op() -> Iterator[Shown]:
    """An unknown op."""
    text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_7x7~2|"
    yield (
        f">>> space('nb201').parse({text!r})",
        raised(lambda: NB201.parse(text)),
        "Nothing was made or written.",
    )
    yield ">>> op('conv6x6')", raised(lambda: op("conv6x6")), "Nothing was made or written."


@case
def cyclic() -> Iterator[Shown]:
    """A cyclic cell."""
    matrix = [[0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]]
    ops = ["input", "conv3x3", "conv1x1", "output"]
    yield (
        f">>> Cell.from_matrix({matrix}, {ops})",
        raised(lambda: Cell.from_matrix(matrix, ops)),
        "No cell was made.",
    )


@case
def disconnected() -> Iterator[Shown]:
    """A disconnected NAS-Bench-101 cell."""
    matrix = [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    cell = Cell.from_matrix(matrix, ["input", "conv3x3", "conv1x1", "output"])
    kept = f"The cell itself: `cell.is_connected` is {cell.is_connected}."
    made = f">>> cell = Cell.from_matrix({matrix}, ['input', 'conv3x3', 'conv1x1', 'output'])\n"
    yield f"{made}>>> cell.prune()", raised(cell.prune), kept
    whole = Architecture("nasbench101", (cell,))
    yield ">>> Architecture('nasbench101', (cell,)).id()", raised(whole.id), kept


@case
def legal_ones() -> Iterator[Shown]:
    """The disconnected NAS-Bench-201 cells, which are legal."""
    table = BenchmarkTable.open("nb201", HOME)
    lost = np.flatnonzero(~connected(table.architectures()))
    labels = table.values("cifar10_val_accuracy_200ep", lost)
    if len(lost) != 341 or not np.isfinite(labels).all():
        raise SystemExit(f"{len(lost)} cells, {np.isnan(labels).sum()} without a label")
    yield (
        ">>> table = BenchmarkTable.open('nb201')\n"
        ">>> lost = np.flatnonzero(~connected(table.architectures()))\n"
        ">>> table.values('cifar10_val_accuracy_200ep', lost)",
        f"no error: {len(lost)} cells, each with a label, {labels.min():.3f} to {labels.max():.3f}",
        "all of them: they stay in every pool, and `connected` tells them apart.",
    )


@case
def no_text() -> Iterator[Shown]:
    """A text that cannot be written."""
    cell, macro = NB201.parse(9809), space("tnb101_macro").parse("64-41414-basic")
    nothing = "Nothing was written."
    yield (
        ">>> text.render(cell, context='network', dataset='mnist')",
        raised(lambda: text.render(cell, context="network", dataset="mnist")),
        nothing,
    )
    yield (
        ">>> text.render(space('tnb101_macro').parse('64-41414-basic'), context='network')",
        raised(lambda: text.render(macro, context="network")),
        nothing,
    )
    yield (
        ">>> text.module_source(nn.Sequential(nn.ReLU()))",
        raised(lambda: text.module_source(nn.Sequential(nn.ReLU()))),
        nothing,
    )
    typed = type("Typed", (nn.Module,), {"__module__": "__main__"})
    yield (
        "# a class that was typed into a notebook\n>>> text.module_source(Typed())",
        raised(lambda: text.module_source(typed())),
        nothing,
    )


@case
def truncated() -> Iterator[Shown]:
    """A truncated data file."""
    before, good = file_sha256(TABLE), SOURCE.read_bytes()
    bad = Path("cut") / SOURCE.name
    bad.parent.mkdir()
    bad.write_bytes(good[: len(good) // 2])
    message = archenc(f"data import nb201 --from cut --home {HOME}")
    yield (
        "# the first half of a public file, over a table imported before\n"
        "$ archenc data import nb201 --from cut",
        message,
        stays(TABLE, before, "The table imported before"),
    )
    short = Path("short.parquet")
    short.write_bytes(TABLE.read_bytes()[:-1000])
    message = archenc("evaluate --space short.parquet --metric cifar10_val_accuracy_200ep --out runs")
    yield (
        "# the table without its last 1,000 bytes\n$ archenc evaluate --space short.parquet --metric ...",
        message,
        "Nothing was run or written." if not Path("runs").exists() else "?",
    )


@case
def altered() -> Iterator[Shown]:
    """An altered data file."""
    before = file_sha256(TABLE)
    bad = Path("changed") / SOURCE.name
    bad.parent.mkdir()
    bad.write_bytes(SOURCE.read_bytes())
    flip(bad, 500_000)
    message = archenc(f"data import nb201 --from changed --home {HOME}")
    yield (
        "# one bit of a public file flipped\n$ archenc data import nb201 --from changed",
        message,
        stays(TABLE, before, "The table imported before"),
    )
    Path("flipped.parquet").write_bytes(TABLE.read_bytes())
    flip(Path("flipped.parquet"), ParquetFile(TABLE).metadata.row_group(0).column(1).data_page_offset + 500)
    table, damaged = BenchmarkTable.open("flipped.parquet"), []
    for name in table.metrics:
        try:
            table.values(name)
        except DataError as error:
            damaged.append(f"DataError: {error}".replace(f"{Path.cwd()}/", ""))
    if len(damaged) != 1 or len(table.architectures()) != len(table):
        raise SystemExit(f"one column should be damaged, not {len(damaged)}")
    yield (
        "# one bit of the table flipped\n"
        ">>> table = BenchmarkTable.open('flipped.parquet')\n"
        ">>> table.values(name)  # of every metric",
        damaged[0],
        f"The other {len(table.metrics) - 1} metrics and the architectures can be read: each column has a "
        f"checksum of its own.",
    )


@case
def no_metric() -> Iterator[Shown]:
    """A table without the metric asked for."""
    yield (
        "$ archenc evaluate --space nb201 --metric cifar10_val_acc",
        archenc(f"evaluate --space {TABLE} --metric cifar10_val_acc --out runs"),
        nothing_run(),
    )
    yield (
        "$ archenc evaluate --space nb201 --metric cifar10_test_accuracy_200ep",
        archenc(f"evaluate --space {TABLE} --metric cifar10_test_accuracy_200ep --out runs"),
        nothing_run(),
    )


@case
def too_large() -> Iterator[Shown]:
    """A train size larger than the table."""
    yield (
        "$ archenc evaluate --space nb201 --metric cifar10_val_accuracy_200ep --train 78,20000",
        archenc(f"evaluate --space {TABLE} --metric cifar10_val_accuracy_200ep --train 78,20000 --out runs"),
        nothing_run(),
    )


@case
def nan_targets() -> Iterator[Shown]:
    """NaN targets."""
    archs = [NB201.parse(index) for index in range(12)]
    y = np.where(np.arange(12) == 4, np.nan, np.arange(12.0))
    kept = "Nothing was learned; X and y are untouched."
    yield ">>> FLAN().fit(architectures, y)  # y[4] is NaN", raised(lambda: FLAN().fit(archs, y)), kept
    yield ">>> Task.from_arrays(architectures, y)", raised(lambda: Task.from_arrays(archs, y)), kept
    yield (
        "$ archenc evaluate --space small.parquet --metric gaps ...  # 30 of 200 values are missing",
        archenc(f"{small_run('gaps')} --metric gaps --trials 2", 0).split("\n\n")[0].split("\n")[0] + " ...",
        "No error: a missing label is missing. Those rows are left out, and the count in the title says so.",
    )
    yield (
        "$ archenc evaluate --space small.parquet --metric empty ...  # no value at all",
        archenc(f"{small_run('none')} --metric empty"),
        nothing_run("none"),
    )


@case
def constant() -> Iterator[Shown]:
    """Constant targets."""
    archs = [NB201.parse(index) for index in range(12)]
    message = raised(lambda: FLAN().fit(archs, np.full(12, 0.9)))
    yield ">>> FLAN().fit(architectures, np.full(12, 0.9))", message, "Nothing was learned."
    yield (
        "$ archenc evaluate --space small.parquet --metric constant ...",
        archenc(f"{small_run('none')} --metric constant"),
        nothing_run("none"),
    )


@case
def before_fit() -> Iterator[Shown]:
    """A predictor used before fit."""
    archs = [NB201.parse(index) for index in range(12)]
    yield ">>> FLAN().predict(architectures)", raised(lambda: FLAN().predict(archs)), "Nothing was made up."
    message = raised(lambda: Ridge().save("unfitted"))
    yield ">>> Ridge().save('unfitted')", message, nothing_run("unfitted")


@case
def other_version() -> Iterator[Shown]:
    """A saved model from another version."""
    save("old")
    config = json.loads(Path("old/config.json").read_text())
    Path("old/config.json").write_text(json.dumps({**config, "format": 2, "archenc": "9.0"}))
    before = file_sha256("old/model.safetensors")
    message = raised(lambda: Predictor.load("old"))
    yield (
        ">>> Predictor.load('old')  # of format 2",
        message,
        stays(Path("old/model.safetensors"), before, "The model"),
    )


@case
def no_saliencies() -> Iterator[Shown]:
    """Saliencies of operations that are not there, or not wanted."""
    archs = NB201.sample(12, 0)
    few = OperationScores.of(archs[:11], np.ones((11, 6, 2)))
    labels = np.arange(12.0)
    yield (
        ">>> TAGATES(OperationScores.of(archs[:11], values)).fit(archs, labels)",
        raised(lambda: TAGATES(few).fit(archs, labels)),
        "Nothing was learned.",
    )
    yield (
        ">>> FLAN(saliencies=scores).fit(archs, labels)",
        raised(lambda: FLAN(saliencies=few).fit(archs, labels)),
        "Nothing was learned.",
    )
    os.environ["ARCHENC_HOME"] = str(HOME)
    message = raised(lambda: operation_scores("mine"))
    del os.environ["ARCHENC_HOME"]
    yield f">>> operation_scores('mine')  # ARCHENC_HOME={HOME}", message, "Nothing was made or written."


@case
def no_search() -> Iterator[Shown]:
    """A search that cannot work, and evaluations that fail."""
    begin = "search --space small.parquet --out runs"
    for line in (
        f"{begin} --metric accuracy --algorithm hill",
        f"{begin} --metric accuracy --algorithm local:population=3",
        f"{begin} --metric accuracy --algorithm local --encoder path",
        f"{begin} --metric constant",
    ):
        yield f"$ archenc {line}", archenc(line), nothing_run()
    state = make("local", NB201.sample(5, 0)).state_dict()
    yield (
        ">>> make('random', archs).load_state_dict(state)  # the state of a local search",
        raised(lambda: make("random", NB201.sample(5, 0)).load_state_dict(state)),
        "The searcher is what it was.",
    )
    evaluate = FromFunction(fails)
    history = find(make("random", NB201, seed=0), evaluate, budget=1)
    spent = f"{len(history)} of {evaluate.cost.evaluations}"
    yield (
        ">>> search(make('random', 'nb201'), FromFunction(fails), budget=1)",
        f"evaluate.cost.failures: {evaluate.cost.failures}",
        f"The search goes on: the evaluation is an entry of its history ({spent}), with the value NaN.",
    )


@case
def flipped() -> Iterator[Shown]:
    """A saved model with a flipped byte."""
    for name, place in (("model.safetensors", -5), ("config.json", 300)):
        save("model")
        flip(Path("model") / name, place)
        message = raised(lambda: Predictor.load("model"))
        flip(Path("model") / name, place)
        Predictor.load("model")
        yield (
            f"# one bit of model/{name} flipped\n>>> Predictor.load('model')",
            message,
            "The file is left as it is; with the bit flipped back, the model loads.",
        )


@case
def interrupted() -> Iterator[Shown]:
    """Ctrl-C in the middle of a run."""
    yield stopped("ctrl-c", signal.SIGINT, 130)


@case
def killed() -> Iterator[Shown]:
    """A kill in the middle of a run."""
    yield stopped("kill", signal.SIGKILL, -signal.SIGKILL)


def stopped(name: str, stop: signal.Signals, code: int) -> Shown:
    """Stop a run after a few trials, continue it, and compare it with one that nobody stopped."""
    line = f"{small_run(name)} --metric accuracy --train 20,40 --trials 100"
    run = subprocess.Popen(start(line), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = Path(name) / "journal.jsonl"
    while not (journal.exists() and journal.read_text().count("\n") >= 5):
        if run.poll() is not None:
            raise SystemExit(f"{line}: ended before it could be stopped")
        time.sleep(0.002)
    run.send_signal(stop)
    _, errors = run.communicate()
    kept = journal.read_text().count("\n")
    if run.returncode != code or "Traceback" in errors or kept >= 200:
        raise SystemExit(f"{line}: exit code {run.returncode}, {kept} trials\n{errors}")
    again = archenc(line, 0)
    archenc(line.replace(name, f"{name}-whole"), 0)
    if trials(name) != trials(f"{name}-whole") or f"{kept} trials were known" not in again:
        raise SystemExit(f"{line}: another result after it was stopped")
    return (
        f"$ archenc {line}\n# {stop.name} when at least 5 of 200 trials were done",
        f"{errors.strip() or '(a killed process says nothing)'}\n(exit code {code})",
        f"{kept} finished trials. The same command then ran the other {200 - kept}, and its 200 values are "
        f"those of a "
        f"run that nobody stopped, digit for digit.",
    )


def fails(arch: Architecture) -> float:
    """Stand for a training that breaks."""
    raise RuntimeError(f"out of memory at {len(arch.cells)} cell")


def trials(folder: str) -> list[str]:
    """Every trial without its last column, the time it took."""
    return [line.rpartition(",")[0] for line in (Path(folder) / "trials.csv").read_text().splitlines()]


def save(folder: str) -> None:
    """Save a fitted predictor."""
    X = np.random.default_rng(0).normal(size=(12, 3))
    Ridge().fit(X, X.sum(axis=1)).save(folder)


def make_tables() -> None:
    """Import one public file, and make a table of 200 cells with columns of all kinds."""
    Path("files").mkdir()
    Path("files", SOURCE.name).symlink_to(SOURCE)
    archenc(f"data import nb201 --from files --home {HOME}", 0)
    archs = [NB201.parse(index) for index in range(200)]
    noise = np.random.default_rng(0).normal(size=200)
    accuracy = np.array([NB201.format(arch).count("conv") for arch in archs]) + 0.2 * noise
    columns = {
        "accuracy": accuracy,
        "gaps": np.where(np.arange(200) < 30, np.nan, accuracy),
        "empty": np.full(200, np.nan),
        "constant": np.ones(200),
    }
    metrics = [Metric(name, "cifar10", "accuracy", direction="max") for name in columns]
    BenchmarkTable.from_columns("nb201", archs, columns, metrics).save("small.parquet")


def page() -> str:
    """Provoke every case and return the page."""
    lines = [
        "# Bad input",
        "",
        "    python tools/show_errors.py docs/results/bad_input.md",
        "",
        "Each case is provoked on the code as it is; what is said to be kept was compared before and after.",
        "An error of the command line is one message without a traceback, exit code 2 (130 after Ctrl-C).",
        "The same cases are tests: `tests/test_bad_input.py`.",
        "",
    ]
    for provoke in [*CASES, *MORE]:
        lines += [f"## {(provoke.__doc__ or '').rstrip('.')}", ""]
        for done, message, kept in provoke():
            block = done.splitlines()
            block += [wrapped(line, "  ") for line in message.splitlines()]
            lines += ["```text", *block, "```", "", fill(f"Kept: {kept[0].lower()}{kept[1:]}", 112), ""]
    return "\n".join(lines).rstrip() + "\n"


def wrapped(line: str, indent: str) -> str:
    """Break a long line where it has spaces."""
    return fill(line, 112, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def main() -> None:
    """Write the page."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    if not SOURCE.is_file():
        raise SystemExit(f"{SOURCE} is not there; set ARCHENC_SHARED_DATA to the folder of the public files")
    target = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_tables()
        text = page()
        os.chdir(ROOT)
    write_text(target, text)


if __name__ == "__main__":
    main()
