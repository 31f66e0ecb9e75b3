"""A killed run ends with the weights of an undisturbed one, whatever moment it was killed at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from archenc.encoders import Arch2Vec
from archenc.encoders.learned import checkpoints
from archenc.encoders.learned.base import pretrain
from archenc.encoders.learned.pretraining import Schedule, Trained, run
from archenc.errors import InvalidArgument
from archenc.spaces import space

SCHEDULE = Schedule(
    epochs=4, batch_size=8, lr=1e-2, clip=1.0, weight_decay=0.1, warmup=3, decay="linear", keep="best", seed=3
)
STEPS = 4 * 5


class Noisy:
    """A small network with dropout and batch norm; items have two columns."""

    key = "noisy"

    def __init__(self, eval_from: int = 99) -> None:
        generator = torch.Generator().manual_seed(5)
        self.network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
        for weight in self.network.parameters():
            nn.init.uniform_(weight, -0.5, 0.5, generator=generator)
        self.x = torch.randn(50, 3, generator=generator)
        self.y = self.x.sum(1, keepdim=True)
        self.eval_from = eval_from
        self.modes: list[bool] = []

    def items(self, epoch: int) -> np.ndarray:
        return np.random.default_rng([7, epoch]).permutation(40)[:, None].repeat(2, 1)

    def loss(self, items: np.ndarray) -> torch.Tensor:
        self.modes.append(self.network.training)
        return (self.network(self.x[items[:, 0]]) - self.y[items[:, 1]]).square().mean()

    def held_out(self) -> dict[str, float]:
        assert not self.network.training
        return {"loss": float((self.network(self.x[40:]) - self.y[40:]).square().mean())}

    def training(self, epoch: int) -> bool:
        return epoch < self.eval_from


class Killed(Exception):
    """Stands for a kill."""


def same(one: Trained, other: Trained) -> None:
    assert one.history == other.history
    assert one.tensors.keys() == other.tensors.keys()
    for name, value in one.tensors.items():
        np.testing.assert_array_equal(value, other.tensors[name], err_msg=name)


@pytest.fixture(scope="module")
def undisturbed() -> Trained:
    return run(Noisy(), SCHEDULE)


def test_a_folder_does_not_change_the_result(undisturbed: Trained, tmp_path: Path):
    same(run(Noisy(), SCHEDULE, tmp_path, checkpoint_seconds=0), undisturbed)


def test_a_run_killed_at_random_moments_ends_with_the_same_weights(undisturbed: Trained, tmp_path: Path):
    rng = np.random.default_rng(0)
    for attempt in range(6):
        folder = tmp_path / str(attempt)
        kills = 0
        while True:
            left = int(rng.integers(1, 9))
            seconds = float(rng.choice([0.0, 1e9], p=[0.8, 0.2]))

            steps: list[int] = []

            def count(done: int, total: int, last: Any, steps: list[int] = steps, left: int = left) -> None:
                steps.append(done)
                if len(steps) >= left:
                    raise Killed

            try:
                result = run(Noisy(), SCHEDULE, folder, progress=count, checkpoint_seconds=seconds)
            except Killed:
                kills += 1
                continue
            break
        assert kills > 1
        same(result, undisturbed)


@pytest.mark.parametrize("place", ["before the file", "after the file", "after the journal"])
def test_a_kill_while_a_checkpoint_is_written(
    undisturbed: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
):
    real_write, real_append = checkpoints.write_bytes, checkpoints.Journal.append
    calls = {"n": 0}

    def write(path: Path, data: bytes) -> None:
        calls["n"] += 1
        if place == "before the file" and calls["n"] == 3:
            raise Killed
        real_write(path, data)

    def append(self: Any, record: Any) -> None:
        if place == "after the file" and calls["n"] == 3:
            raise Killed
        real_append(self, record)
        if place == "after the journal" and calls["n"] == 3:
            raise Killed

    monkeypatch.setattr(checkpoints, "write_bytes", write)
    monkeypatch.setattr(checkpoints.Journal, "append", append)
    with pytest.raises(Killed):
        run(Noisy(), SCHEDULE, tmp_path, checkpoint_seconds=0)
    calls["n"] = 99
    same(run(Noisy(), SCHEDULE, tmp_path, checkpoint_seconds=0), undisturbed)


def test_a_damaged_checkpoint_is_not_continued(undisturbed: Trained, tmp_path: Path):
    run(Noisy(), SCHEDULE, tmp_path, checkpoint_seconds=0)
    (path,) = tmp_path.glob("checkpoint-*")
    content = bytearray(path.read_bytes())
    content[-3] ^= 4
    path.write_bytes(content)
    seen: list[int] = []
    same(run(Noisy(), SCHEDULE, tmp_path, progress=lambda done, *_: seen.append(done)), undisturbed)
    assert seen[0] == 1


def test_a_finished_run_is_not_repeated(undisturbed: Trained, tmp_path: Path):
    run(Noisy(), SCHEDULE, tmp_path)
    seen: list[int] = []
    before = (tmp_path / checkpoints.JOURNAL).read_bytes()
    same(run(Noisy(), SCHEDULE, tmp_path, progress=lambda done, *_: seen.append(done)), undisturbed)
    assert not seen
    assert (tmp_path / checkpoints.JOURNAL).read_bytes() == before


def test_another_run_does_not_go_on_there(tmp_path: Path):
    run(Noisy(), Schedule(1, 8), tmp_path)
    with pytest.raises(InvalidArgument, match="other settings"):
        run(Noisy(), Schedule(2, 8), tmp_path)
    other = Noisy()
    other.key = "other data"
    with pytest.raises(InvalidArgument, match="other settings"):
        run(other, Schedule(1, 8), tmp_path)


def test_the_noise_of_a_step_follows_from_the_seed_alone():
    tasks = Noisy(), Noisy()
    before = torch.get_rng_state()
    one, two = (run(task, Schedule(2, 8, seed=seed)) for seed, task in enumerate(tasks, start=1))
    assert torch.equal(torch.get_rng_state(), before)
    same(run(Noisy(), Schedule(2, 8, seed=1)), one)
    assert any((one.tensors[name] != two.tensors[name]).any() for name in one.tensors)


def test_the_mode_of_the_network_is_what_the_task_says():
    task = Noisy(eval_from=1)
    run(task, SCHEDULE)
    assert task.modes == [True] * 5 + [False] * 15


def test_the_history_says_what_was_done():
    history = run(Noisy(), Schedule(2, 16, validate_every=2)).history
    assert [record["step"] for record in history] == [2, 4, 6]
    assert [record["epoch"] for record in history] == [1, 2, 2]
    assert [record["items"] for record in history] == [32, 56, 80]


def test_the_best_weights_are_kept():
    task = Noisy()
    trained = run(task, Schedule(6, 8, lr=0.3, keep="best"))
    task.network.load_state_dict({name: torch.from_numpy(value) for name, value in trained.tensors.items()})
    with torch.no_grad():
        kept = task.held_out()["loss"]
    assert kept == min(record["held_out_loss"] for record in trained.history)
    assert kept < trained.history[-1]["held_out_loss"]


def test_the_rate_rises_and_falls():
    schedule = Schedule(1, 1, lr=1.0, warmup=4, decay="linear")
    assert [schedule.rate(step, 12) for step in (0, 2, 4, 8, 11)] == [0, 0.5, 1, 0.5, 0.125]
    assert Schedule(1, 1, lr=0.5).rate(11, 12) == 0.5


def test_vectors_are_exempt_from_decay():
    network = nn.Linear(4, 4)

    class Still(Noisy):
        def __init__(self) -> None:
            super().__init__()
            self.network: Any = network

        def loss(self, items: np.ndarray) -> torch.Tensor:
            return 0.0 * (network.weight.sum() + network.bias.sum())

        def held_out(self) -> dict[str, float]:
            return {"loss": 0.0}

    weight, bias = (value.detach().clone() for value in (network.weight, network.bias))
    run(Still(), Schedule(1, 40, lr=0.1, weight_decay=0.5))
    torch.testing.assert_close(network.weight.detach(), 0.95 * weight)
    assert torch.equal(network.bias.detach(), bias)


def test_bad_schedules_and_tasks_are_refused():
    with pytest.raises(InvalidArgument, match="epochs=0"):
        Schedule(0, 8)
    task: Any = Noisy()
    task.items = lambda epoch: np.zeros((0, 2), dtype=np.int64)
    with pytest.raises(InvalidArgument, match="nothing to train on"):
        run(task, SCHEDULE)
    task.items = lambda epoch: np.zeros((8 + epoch, 2), dtype=np.int64)
    with pytest.raises(InvalidArgument, match="epoch 1 has 9 items, the first one 8"):
        run(task, SCHEDULE)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_sigkill_of_a_real_pretraining(tmp_path: Path):
    """Weights, losses and config come out byte by byte alike, after two kills at moments nobody chose."""
    code = (
        "import sys, archenc\n"
        "from archenc.encoders.learned.base import pretrain\n"
        "X = archenc.space('nb201').sample(300, 0)\n"
        "def note(done, total, last): print(done, flush=True)\n"
        "e = archenc.Arch2Vec(weights=None, epochs=4)\n"
        "pretrain(e, X, sys.argv[1], progress=note, checkpoint_seconds=0)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "killed")]
    rng = np.random.default_rng()
    for _ in range(2):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"})
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(float(rng.uniform(0, 0.2)))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    for folder in ("killed", "undisturbed"):
        pretrain(Arch2Vec(weights=None, epochs=4), space("nb201").sample(300, 0), tmp_path / folder)
    for name in ("config.json", "model.safetensors", "losses.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
