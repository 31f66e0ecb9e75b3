"""More cases of `show_errors.py`: other spaces, runs, language models, modules, searches, weights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import torch
from provoking import Provoke, Shown, flip, nothing_run, raised, small_run, start, stays
from torch import nn
from typer.testing import CliRunner

from archenc.cli.app import app
from archenc.encoders import Adjacency, Arch2Vec, ZeroCost
from archenc.graph import Architecture, Cell, Edge, op
from archenc.networks import from_module
from archenc.predictors import FLAN, Predictor, Ridge
from archenc.search import Pool, make
from archenc.search.evaluators import FromFunction
from archenc.search.running import Here
from archenc.spaces import space
from archenc.store import file_sha256
from archenc.tables import BenchmarkTable

NB201 = space("nb201")
ARCHS = [NB201.parse(index) for index in range(20)]
NOTHING_MADE = "Nothing was made or written."
SETTINGS = """
model=./nowhere model=hollow model=bare model=mute revision=v2 pooling=median also=mean max_length=0
dtype=float8 device=tpu long=skip random_weights=-1 form=haiku form=[] unit_name=class dataset=mnist
shuffle=letters reduction=umap components=0 eps=0
"""


def refused(line: str) -> str:
    """Return the message of `archenc LINE`, run in this process, which must end in one error."""
    result = CliRunner().invoke(app, line.split())
    if result.exit_code != 2 or "Traceback" in result.output:
        raise SystemExit(f"archenc {line}: exit code {result.exit_code}\n{result.output}")
    return result.stderr.strip().replace(f"{Path.cwd()}/", "")


def more_illegal() -> Iterator[Shown]:
    """Other illegal spellings, operations and cells."""
    cell = NB201.format(ARCHS[0])
    for text in ("a cell", cell[:-2] + "1|", (4, 0, 3), None):
        yield f">>> space('nb201').parse({text!r})", raised(lambda text=text: NB201.parse(text)), NOTHING_MADE
    yield ">>> op('zzz')", raised(lambda: op("zzz")), NOTHING_MADE
    content = {
        "version": 1,
        "space": "x",
        "cells": [{"nodes": ["input", "output"], "edges": [[0, 1, "conv9"]]}],
    }
    yield (
        f">>> Architecture.from_dict({content})",
        raised(lambda: Architecture.from_dict(content)),
        NOTHING_MADE,
    )
    nodes = (op("input"), op("sum"), op("output"))
    edges = (Edge(0, 1, op("skip")), Edge(1, 1, op("skip")), Edge(1, 2, op("skip")))
    yield (
        ">>> Cell((input, sum, output), (0->1 skip, 1->1 skip, 1->2 skip))",
        raised(lambda: Cell(nodes, edges)),
        "No cell was made.",
    )


def other_spaces() -> Iterator[Shown]:
    """A network of a space without small cells."""
    for name, native in (
        ("nbmacro", "2221222x"),
        ("natsss", "64:64:56:64:23"),
        ("accel", "e6k3l1-e4k5l2"),
        ("lanas", [9] * 28),
        ("nds_darts", {"width": 16, "depth": 8}),
        ("nds_enas", {"genotype": {}, "width": 16, "depth": 8}),
        ("einspace", "sequential(computation<relu>, relu)"),
        ("einspace", "routing[im2col(5,1,1), computation<relu>, col2im]"),
        ("einspace", "1x8x8 routing[identity, computation<relu>, col2im]"),
    ):
        message = raised(lambda name=name, native=native: space(name).parse(native))
        yield f">>> space({name!r}).parse({native!r})", message, NOTHING_MADE


def no_table() -> Iterator[Shown]:
    """A table that was never imported, and a file cut short that nobody checks."""
    yield (
        ">>> BenchmarkTable.open('nb201')",
        raised(lambda: BenchmarkTable.open("nb201", Path("empty"))),
        nothing_run("empty"),
    )
    whole = Path("files", "Cifar10-NB201.csv").read_bytes()
    Path("short").mkdir()
    Path("short", "Cifar10-NB201.csv").write_bytes(whole[: whole.rindex(b",")])
    yield (
        "$ archenc data import nb201 --from short --no-verify  # without its last numbers",
        refused("data import nb201 --from short --home new --no-verify"),
        nothing_run("new"),
    )


def no_run() -> Iterator[Shown]:
    """A run that cannot be, for what it is asked for."""
    begin = "evaluate --no-progress --out none --space small.parquet --train 7"
    usual = {"metric": "accuracy", "predictor": "ridge", "encoder": "adjacency"}
    options: list[dict[str, str]] = [
        {"test": "201"},
        {"interval": "z"},
        {"direction": "up"},
        {"direction": "min"},
        {"encoder": "zero_cost", "scores": "accuracy,gaps"},
        {"encoder": "zero_cost", "scores": "14"},
        {"encoder": "path+path"},
        {"predictor": "ridge:alphas=-1"},
        {"predictor": "flan:supplement=path"},
    ]
    for option in options:
        line = " ".join(f"--{name} {value}" for name, value in {**usual, **option}.items())
        shown = " ".join(f"--{name} {value}" for name, value in option.items())
        yield f"$ archenc evaluate ... {shown}", refused(f"{begin} {line}"), nothing_run("none")
    Path("page.html").mkdir()
    message = refused(f"{small_run('kept')} --metric accuracy --train 7 --trials 1 --report page.html")
    if not Path("kept", "results.csv").exists():
        raise SystemExit("the trials of a run whose report cannot be written are lost")
    yield (
        "$ archenc evaluate ... --out kept --report page.html  # a folder",
        message,
        "The trials and their results: kept/results.csv is there.",
    )


def no_architecture() -> Iterator[Shown]:
    """Rows that are no architectures, infinite labels, and scores that are missing."""
    kept, y = "Nothing was learned.", np.arange(8.0)
    for text, wrong in (("['a cell'] * 8", ["a cell"] * 8), ("np.ones((8, 3))", np.ones((8, 3)))):
        yield (
            f">>> FLAN().fit({text}, y)",
            raised(lambda wrong=wrong: FLAN().fit(cast("Any", wrong), y)),
            kept,
        )
    yield ">>> Adjacency().fit('a cell')", raised(lambda: Adjacency().fit(cast("Any", "a cell"))), kept
    y = np.where(np.arange(12) == 4, np.inf, np.arange(12.0))
    yield ">>> Ridge().fit(X, y)  # y[4] is infinite", raised(lambda: Ridge().fit(np.eye(12), y)), kept
    scores = ZeroCost({NB201.format(arch): [1.0, 2.0] for arch in ARCHS[:5]}, names=["a", "b"])
    yield (
        ">>> ZeroCost(scores, names=['a', 'b']).fit(architectures)  # scores of the first five",
        raised(lambda: scores.fit(ARCHS[:8])),
        "Nothing was made up.",
    )
    yield ">>> Adjacency().transform(architectures)", raised(lambda: Adjacency().transform(ARCHS)), kept


def no_language_model() -> Iterator[Shown]:
    """Source code that no language model can read as it is asked to."""
    for name in ("bare", "mute", "hollow"):
        Path(name).mkdir()
    for name in ("bare", "mute"):
        Path(name, "config.json").write_text("{}")
    Path("mute", "model.safetensors").write_bytes(b"")
    os.environ["ARCHENC_HOME"] = "cole-home"
    begin = "encode --space nb201 --encoder cole --sample 4 --out codes.parquet --no-progress --set"
    for setting in SETTINGS.split():
        yield (
            f"$ archenc encode --encoder cole ... --set {setting}",
            refused(f"{begin} {setting}"),
            _no_codes(),
        )
    del os.environ["ARCHENC_HOME"]


def _no_codes() -> str:
    if Path("codes.parquet").exists() or Path("cole-home", "embeddings").exists():
        raise SystemExit("codes were written")
    return "Nothing was embedded or written."


class _Watching(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


def no_module() -> Iterator[Shown]:
    """A network of one's own that cannot be read, and files that hold none."""
    kept = NOTHING_MADE
    yield (
        ">>> from_module(Watching(), (4,))  # its forward looks at values",
        raised(lambda: from_module(_Watching(), (4,))).replace("_Watching", "Watching"),
        kept,
    )
    yield ">>> from_module(nn.Linear(4, 2), (5,))", raised(lambda: from_module(nn.Linear(4, 2), (5,))), kept
    yield ">>> space('modules').sample(3, 0)", raised(lambda: space("modules").sample(3, 0)), kept
    Path("nets").mkdir()
    for name, code in {"runs": "1 / 0", "empty": "", "number": "def model(): return 3"}.items():
        Path("nets", f"{name}.py").write_text(code + "\n")
    Path("values.csv").write_text("candidate,accuracy\nnet,1\n")
    line = "rank nets --measured values.csv --cache cache.jsonl --no-progress"
    yield "$ archenc rank nets --measured values.csv", refused(line), "The files, and the measurements."


def _one(arch: Architecture) -> float:
    return float(len(arch.cells))


def no_more_search() -> Iterator[Shown]:
    """A search by training, an algorithm or an evaluator that cannot be."""
    digits = "--space nb201 --dataset digits"
    for options in (
        "--dataset digits",
        "--space nb201 --dataset digit",
        f"{digits} --metric x",
        f"{digits} --algorithm local,random",
        f"{digits} --timeout 0",
        f"{digits} --skeleton big",
        f"{digits} --identity name",
        "--study subroutines",
    ):
        message = refused(f"search {options} --out searched")
        if Path("searched", "evaluations.jsonl").exists():
            raise SystemExit("something was evaluated")
        yield f"$ archenc search {options}", message, "Nothing was evaluated."
    pool = Pool(ARCHS)
    algorithms: list[tuple[str, dict[str, Any]]] = [
        ("random", {"sample": "paths"}),
        ("random", {"sample": "path+adjacency"}),
        ("evolution", {"perturb": 3}),
        ("local", {"perturb": "graph"}),
        ("gaussian_process", {"candidates": "all"}),
        ("greedy", {"hidden": 8, "depth": 2}),
        ("score_prior", {}),
        ("flan_transfer", {"source": "digits201"}),
    ]
    for name, given in algorithms:
        text = "".join(f", {key}={value!r}" for key, value in given.items())
        yield (
            f">>> make({name!r}, pool{text})",
            raised(lambda name=name, given=given: make(name, pool, **given)),
            "Nothing was made.",
        )
    evaluators: list[dict[str, Any]] = [
        {"jobs": 0},
        {"timeout": -1},
        {"objectives": 0},
        {"jobs": 2, "runner": Here()},
    ]
    for given in evaluators:
        text = ", ".join(f"{key}={'Here()' if key == 'runner' else value}" for key, value in given.items())
        yield (
            f">>> FromFunction(evaluate, {text})",
            raised(lambda given=given: FromFunction(len, **given)),
            "Nothing was evaluated.",
        )
    kept = Path("evaluations.jsonl")
    FromFunction(_one, keep=kept)(ARCHS[:5])
    flip(kept, int(0.4 * kept.stat().st_size))
    before = file_sha256(kept)
    message = raised(lambda: FromFunction(_one, keep=kept)).replace(f"{Path.cwd()}/", "")
    yield (
        "# one bit of kept evaluations flipped\n>>> FromFunction(evaluate, keep='evaluations.jsonl')",
        message,
        stays(kept, before, "The file"),
    )


def no_weights() -> Iterator[Shown]:
    """Weights and pre-training that cannot be, and models of another layout."""
    yield (
        ">>> Arch2Vec(weights='nowhere').fit(architectures)",
        raised(lambda: Arch2Vec(weights="nowhere").fit(ARCHS)),
        "Nothing was made up.",
    )
    yield (
        ">>> Arch2Vec().fit(space('nbmacro').sample(4, 0))",
        raised(lambda: Arch2Vec().fit(space("nbmacro").sample(4, 0))),
        "Nothing was made up.",
    )
    for line in (
        "pretrain --space nb201 --encoder adjacency --out weights",
        "pretrain --space nb201 --encoder arch2vec --pairs 5 --out weights",
        "encode --space nb201 --encoder arch2vec --all --sample 3 --out weights",
        "encode --space nb301 --encoder arch2vec --all --out weights",
    ):
        yield f"$ archenc {line}", refused(line), nothing_run("weights")
    Ridge().fit(np.eye(3), [1.0, 2.0, 3.0]).save("layout")
    kept = Ridge.state_version
    Ridge.state_version = kept + 1
    message = raised(lambda: Predictor.load("layout"))
    Ridge.state_version = kept
    Predictor.load("layout")
    yield (
        ">>> Predictor.load('layout')  # of another layout of the state of a Ridge",
        message,
        "The model: the version that wrote it loads it.",
    )


def workers_interrupted() -> Iterator[Shown]:
    """Ctrl-C while workers start."""
    line = f"{small_run('workers')} --metric accuracy --train 20,40 --trials 100 --jobs 2"
    run = subprocess.Popen(start(line), stderr=subprocess.PIPE, text=True, start_new_session=True)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    while len(children.read_text().split()) < 2:
        if run.poll() is not None:
            raise SystemExit(f"{line}: ended before it could be stopped")
    started = children.read_text().split()
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate()
    deadline = time.monotonic() + 10
    while (left := [pid for pid in started if Path(f"/proc/{pid}").exists()]) and time.monotonic() < deadline:
        time.sleep(0.02)
    if run.returncode != 130 or "Traceback" in errors or left:
        raise SystemExit(f"{line}: exit code {run.returncode}, {left} left\n{errors}")
    yield f"$ archenc {line}\n# SIGINT as workers start", errors.strip(), "No worker is left behind."


PRETRAIN = """
import sys
from archenc.encoders import Arch2Vec
from archenc.encoders.learned.base import pretrain
from archenc.spaces import space
pretrain(Arch2Vec(weights=None, epochs=4), space("nb201").sample(300, 0), sys.argv[1],
         progress=lambda done, total, last: print(done, flush=True), checkpoint_seconds=0)
"""


def pretraining_killed() -> Iterator[Shown]:
    """A kill in the middle of a pre-training."""
    command, done = [sys.executable, "-c", PRETRAIN], []
    for _ in range(2):
        run = subprocess.Popen([*command, "pretrained"], stdout=subprocess.PIPE, text=True)
        output = cast("IO[str]", run.stdout)
        for _ in range(5):
            step = output.readline()
        run.send_signal(signal.SIGKILL)
        run.communicate()
        done.append(step.strip())
    for folder in ("pretrained", "undisturbed"):
        subprocess.run([*command, folder], stdout=subprocess.DEVNULL, check=True)
    for name in ("config.json", "model.safetensors", "losses.csv"):
        if Path("pretrained", name).read_bytes() != Path("undisturbed", name).read_bytes():
            raise SystemExit(f"{name} differs after a kill")
    yield (
        f">>> {PRETRAIN.splitlines()[5]} ...\n# SIGKILL after steps {' and '.join(done)} of 36",
        "(a killed process says nothing)",
        "The last whole checkpoint. The same call then went on there and ended with config.json, "
        "model.safetensors and losses.csv of a run that nobody stopped, byte for byte.",
    )


MORE: tuple[Provoke, ...] = (
    more_illegal,
    other_spaces,
    no_table,
    no_run,
    no_architecture,
    no_language_model,
    no_module,
    no_more_search,
    no_weights,
    workers_interrupted,
    pretraining_killed,
)
