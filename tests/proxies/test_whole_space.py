"""Tables of scores: the same bytes however often the run was killed, and whatever else was scored."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from archenc import networks, space
from archenc.errors import InvalidArchitecture, InvalidArgument, UnknownName
from archenc.proxies import Inputs, score, score_space
from archenc.proxies.seeding import weight_seed
from archenc.tables import BenchmarkTable

NB201 = space("nasbench201")
SKELETON = {"channels": 4, "cells": 1, "input_shape": (1, 8, 8), "n_classes": 10}
ARCHS = [NB201.parse((1,) * 6), *NB201.sample(7, 1)]
NAMES = ("params", "snip", "jacov", "synflow", "zen", "nwot")
RUN = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_whole_space import run
if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
"""


def run(folder: Path, jobs: int = 1, archs=ARCHS, **changed) -> BenchmarkTable:
    given = {"names": NAMES, "seed": 3, "skeleton": SKELETON} | changed
    inputs = given.pop("inputs", None) or Inputs.digits(0, batch=8)
    return score_space("nb201", archs, "cifar10", inputs, out=folder, jobs=jobs, **given)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    run(folder)
    return folder


def scores(folder: Path) -> bytes:
    return (folder / "scores.parquet").read_bytes()


def test_a_row_is_the_score_of_the_network(undisturbed: Path):
    table = BenchmarkTable.open(undisturbed / "scores.parquet")
    arch, key = ARCHS[3], NB201.key(ARCHS[3])
    seed = weight_seed(3, key)
    network = networks.build(arch, seed=seed, **SKELETON)
    expected = score(network, Inputs.digits(0, batch=8), NAMES, seed=seed)
    (row,) = table.rows([arch])
    found = {name: table.values(f"cifar10_digits8_{name}")[row] for name in NAMES}
    assert found == pytest.approx(dict(expected), rel=1e-5)


def test_what_is_undefined_is_missing_with_its_reason(undisturbed: Path):
    table = BenchmarkTable.open(undisturbed / "scores.parquet")
    assert np.isnan(table.values("cifar10_digits8_zen")[0])
    assert sum(table.missing("cifar10_digits8_zen").values()) == int(
        np.isnan(table.values("cifar10_digits8_zen")).sum()
    )
    assert not table.missing("cifar10_digits8_params")


def test_the_table_says_how_it_came_about(undisturbed: Path):
    table = BenchmarkTable.open(undisturbed / "scores.parquet")
    recipe = table.provenance["scores"]
    assert recipe["inputs"]["name"] == "digits"
    assert recipe["inputs"]["shape"] == [8, 1, 8, 8]
    assert recipe["skeleton"]["channels"] == 4
    assert table.resolve("cifar10_digits8_snip").direction == "max"
    seconds = json.loads((undisturbed / "seconds.json").read_text())
    assert set(seconds) == set(table.keys)
    assert all(row["shared_pass"] > 0 for row in seconds.values())


def test_two_processes_give_the_same_bytes(undisturbed: Path, tmp_path: Path):
    run(tmp_path, jobs=2)
    assert scores(tmp_path) == scores(undisturbed)


def test_scores_do_not_depend_on_what_else_is_scored(undisturbed: Path, tmp_path: Path):
    few = run(tmp_path, archs=ARCHS[:1:-2])
    whole = BenchmarkTable.open(undisturbed / "scores.parquet")
    for name in few.metrics:
        np.testing.assert_array_equal(few.values(name), whole.values(name, whole.rows(few.keys)))


def wait_for_the_workers_to_end(group: int) -> None:
    """No process of a killed run goes on, or waits, by itself."""
    for _ in range(6000):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    os.killpg(group, signal.SIGKILL)
    pytest.fail("a worker outlived its run by a minute")


@contextmanager
def going_on(folder: Path, jobs: int) -> Iterator[subprocess.Popen[bytes]]:
    """Let a run go on by itself in a folder; at the end kill it, and wait for its workers to end."""
    script = folder.parent / "run.py"
    script.write_text(RUN.format(tests=str(Path(__file__).parent)))
    command = [sys.executable, str(script), str(folder), str(jobs)]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        assert process.wait() in (0, -signal.SIGKILL)
        wait_for_the_workers_to_end(process.pid)


def lines(folder: Path) -> int:
    """Count the whole records of the journal."""
    journal = folder / "journal.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_killed_run_ends_with_the_same_bytes(undisturbed: Path, tmp_path: Path, jobs: int):
    """Killed by SIGKILL as soon as 2, then 5 architectures are in the journal, then left to end."""
    folder = tmp_path / "out"
    for wanted in (2, 5):
        with going_on(folder, jobs) as process:
            while process.poll() is None and lines(folder) < wanted:
                time.sleep(0.01)
        assert process.returncode == -signal.SIGKILL
        assert not (folder / "scores.parquet").exists()
    kept = lines(folder)
    run(folder, jobs=jobs)
    assert scores(folder) == scores(undisturbed)
    assert lines(folder) == len(ARCHS) > kept >= 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(
    undisturbed: Path, tmp_path: Path, seed: int
):
    """Killed at moments drawn at random from the whole of a run, its start and its end among them."""
    draw = np.random.default_rng(seed)
    with going_on(tmp_path / "first", 1 + seed % 2) as process:
        start = time.monotonic()
        assert process.wait(300) == 0
        length = time.monotonic() - start
    folder = tmp_path / "out"
    for _ in range(5):
        with going_on(folder, 1 + seed % 2):
            time.sleep(draw.uniform(0, 1.05 * length))
    run(folder)
    assert scores(folder) == scores(tmp_path / "first") == scores(undisturbed)


def test_a_journal_cut_anywhere_leads_to_the_same_bytes(undisturbed: Path, tmp_path: Path):
    """What a kill leaves behind is the beginning of the journal, perhaps torn within a line."""
    whole = (undisturbed / "journal.jsonl").read_bytes()
    for cut in np.random.default_rng(0).integers(len(whole), size=6).tolist():
        folder = tmp_path / str(cut)
        folder.mkdir()
        shutil.copy(undisturbed / "recipe.json", folder)
        (folder / "journal.jsonl").write_bytes(whole[:cut])
        run(folder)
        assert scores(folder) == scores(undisturbed), cut


def test_a_kill_between_the_files_at_the_end(undisturbed: Path, tmp_path: Path, monkeypatch):
    """Each replacement of a file is the last thing the run did, in turn."""
    for last in range(3):
        folder = tmp_path / str(last)
        moved: list[Path] = []

        def replace(source: Path, target: Path, *, last: int = last, moved: list[Path] = moved) -> None:
            if len(moved) == last:
                raise KeyboardInterrupt
            moved.append(source.rename(target))

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", replace)
            with pytest.raises(KeyboardInterrupt):
                run(folder)
        run(folder)
        assert scores(folder) == scores(undisturbed)


def test_a_torn_line_of_the_journal_is_done_again(undisturbed: Path, tmp_path: Path):
    run(tmp_path)
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    (tmp_path / "scores.parquet").unlink()
    run(tmp_path)
    assert scores(tmp_path) == scores(undisturbed)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seed": 4}, "seed"),
        ({"names": ("params",)}, "proxies"),
        ({"inputs": Inputs.digits(1, batch=8)}, "inputs"),
    ],
)
def test_another_recipe_is_refused(undisturbed: Path, changed: dict, named: str):
    with pytest.raises(InvalidArgument, match=f"other {named}"):
        run(undisturbed, **changed)


def test_isomorphic_cells_of_one_key_have_one_row(tmp_path: Path):
    one, other = (f"10000-1110-001-01-1|{ops}" for ops in ("c3,c3,c1,mp", "c3,mp,c1,c3"))
    skeleton = {"channels": 8, "modules": 1, "input_shape": (1, 8, 8)}
    inputs = Inputs.digits(0, batch=4)
    table = score_space("nb101", [one, other], None, inputs, ["params"], out=tmp_path, skeleton=skeleton)
    assert len(table) == 1


def test_wrong_arguments(tmp_path: Path):
    with pytest.raises(InvalidArgument, match="none given"):
        run(tmp_path, archs=[])
    with pytest.raises(UnknownName):
        run(tmp_path, names=["snipp"])
    with pytest.raises(InvalidArchitecture):
        run(tmp_path, archs=["nonsense"])
    with pytest.raises(InvalidArgument, match="jobs=0"):
        run(tmp_path, jobs=0)
    with pytest.raises(InvalidArgument, match="transnasbench101"):
        run(tmp_path, archs=space("tnb101").sample(1, 0))
