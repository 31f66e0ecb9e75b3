"""Pre-training that a kill does not hurt: checkpoints, held-out losses, the same weights in the end.

Nothing is drawn from a generator that lives from step to step. The items of an epoch follow from the task's
seed and the epoch, the noise of a step from the schedule's seed and the step, so a run that goes on from a
checkpoint draws what it would have drawn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor, nn

from archenc.encoders.learned.checkpoints import Checkpoint, Checkpoints
from archenc.encoders.learned.forked import forked
from archenc.errors import InvalidArgument
from archenc.networks.threads import single_thread
from archenc.store import content_key

Progress = Callable[[int, int, "Mapping[str, Any] | None"], None]
"""Called after every step: steps done, steps in all, the last held-out record."""

_VERSION = 1
"""Of the computation: a change that alters results counts it up, and old checkpoints are not continued."""


@dataclass(frozen=True)
class Schedule:
    """AdamW, the weights of vectors (biases, norms) without decay.

    clip: largest norm of the gradient. warmup: steps over which the rate rises from 0. decay: "linear" lets
    it fall to 0 at the last step. validate_every: steps, by default an epoch. keep: the last weights, or
    those of the smallest held-out loss. seed: of the noise inside the network.
    """

    epochs: int
    batch_size: int
    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    clip: float | None = None
    warmup: int = 0
    decay: Literal["none", "linear"] = "none"
    validate_every: int | None = None
    keep: Literal["last", "best"] = "last"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise InvalidArgument(
                f"epochs={self.epochs}, batch_size={self.batch_size}: expected integers >= 1"
            )

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        if step < self.warmup:
            return self.lr * step / self.warmup
        if self.decay == "linear":
            return self.lr * max(0.0, (steps - step) / max(1, steps - self.warmup))
        return self.lr


@runtime_checkable
class Task(Protocol):
    """What is trained, on what, and how it is judged.

    network: with its initial weights. key: digest of all that training follows from, but the schedule.
    """

    key: str

    @property
    def network(self) -> nn.Module:
        """Return the network, one and the same."""
        ...

    def items(self, epoch: int) -> Int64[np.ndarray, "k ..."]:
        """Return the training items of an epoch, counted from 0, in their order; k is the same in each."""
        ...

    def loss(self, items: Int64[np.ndarray, "b ..."]) -> Tensor:
        """Return the mean loss of a batch, with its gradient."""
        ...

    def held_out(self) -> dict[str, float]:
        """Return measurements on held-out items, "loss" among them; called in eval mode, without gradient."""
        ...

    def training(self, epoch: int) -> bool:
        """Say whether the network is in training mode in an epoch."""
        ...


@dataclass(frozen=True, eq=False)
class Trained:
    """The weights (and buffers) by name, and a record of every validation."""

    tensors: dict[str, np.ndarray]
    history: list[dict[str, Any]]


def run(
    task: Task,
    schedule: Schedule,
    folder: str | Path | None = None,
    *,
    device: str = "cpu",
    progress: Progress | None = None,
    checkpoint_seconds: float = 30.0,
) -> Trained:
    """Train and return the weights; with a folder, a killed run goes on from its last checkpoint.

    One thread computes, so that sums round alike everywhere. A record of the history holds step, epoch,
    items seen, the mean training loss since the record before, and what `held_out` returned. On "cuda" a
    continued run ends with nearly the same weights: sums are not ordered there.
    Raises InvalidArgument if the folder holds a run of another task or schedule, DataError if it cannot be
    written.
    """
    key = content_key(_VERSION, task.key, vars(schedule))
    store = None if folder is None else Checkpoints(Path(folder), key)
    where = torch.device(device)
    task.network.to(where)
    with single_thread(), forked(where) as reseed:
        loop = _Loop(task, schedule, len(task.items(0)))
        found = None if store is None else store.latest()
        if found is not None:
            loop.restore(found)
        saved = time.monotonic()
        while loop.step < loop.steps:
            for items in loop.rest_of_epoch():
                reseed(_seed_of(schedule.seed, loop.step))
                loop.advance(items)
                if progress is not None:
                    progress(loop.step, loop.steps, loop.history[-1] if loop.history else None)
                if store is not None and time.monotonic() - saved >= checkpoint_seconds:
                    store.put(loop.checkpoint())
                    saved = time.monotonic()
        if store is not None and (found is None or found.step < loop.step):
            store.put(loop.checkpoint())
    return Trained(loop.result(), loop.history)


class _Loop:
    """The state of a run between two steps, and how it moves."""

    def __init__(self, task: Task, schedule: Schedule, items: int) -> None:
        self.task, self.schedule, self.items = task, schedule, items
        if items < 1:
            raise InvalidArgument("nothing to train on: no item is left beside the held-out ones")
        self.per_epoch = -(-items // schedule.batch_size)
        self.steps = self.per_epoch * schedule.epochs
        self.step = 0
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, Tensor] = {}
        self.running, self.since = torch.zeros((), dtype=torch.float64), 0
        named = [p for p in task.network.parameters() if p.requires_grad]
        self.running = self.running.to(named[0].device)
        groups = [
            {"params": [p for p in named if p.ndim >= 2], "weight_decay": schedule.weight_decay},
            {"params": [p for p in named if p.ndim < 2], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(
            groups, lr=schedule.lr, betas=schedule.betas, eps=schedule.eps, fused=True
        )
        self.learned = named

    def rest_of_epoch(self) -> Iterator[Int64[np.ndarray, "b ..."]]:
        """Yield the batches of the present epoch that are not done."""
        epoch, done = divmod(self.step, self.per_epoch)
        items, size = self.task.items(epoch), self.schedule.batch_size
        if len(items) != self.items:
            raise InvalidArgument(f"epoch {epoch} has {len(items)} items, the first one {self.items}")
        for number in range(done, self.per_epoch):
            yield items[number * size : (number + 1) * size]

    def advance(self, items: Int64[np.ndarray, "b ..."]) -> None:
        """Make one step."""
        task, schedule, network = self.task, self.schedule, self.task.network
        epoch = self.step // self.per_epoch

        network.train(task.training(epoch))
        for group in self.optimiser.param_groups:
            group["lr"] = schedule.rate(self.step, self.steps)
        self.optimiser.zero_grad(set_to_none=True)
        loss = task.loss(items)
        loss.backward()
        if schedule.clip is not None:
            nn.utils.clip_grad_norm_(self.learned, schedule.clip)
        self.optimiser.step()
        self.running += loss.detach()
        self.since += 1
        self.step += 1
        if self.step % (schedule.validate_every or self.per_epoch) == 0 or self.step == self.steps:
            self._validate(epoch)

    def _validate(self, epoch: int) -> None:
        self.task.network.eval()
        with torch.inference_mode():
            measured = self.task.held_out()
        best = min((record["held_out_loss"] for record in self.history), default=float("inf"))
        done = self.step - epoch * self.per_epoch
        self.history.append(
            {
                "step": self.step,
                "epoch": epoch + 1,
                "items": epoch * self.items + min(done * self.schedule.batch_size, self.items),
                "train_loss": float(self.running) / self.since,
                **{f"held_out_{name}": float(value) for name, value in measured.items()},
            }
        )
        self.running.zero_()
        self.since = 0
        if self.schedule.keep == "best" and self.history[-1]["held_out_loss"] < best:
            self.best = {k: v.detach().clone() for k, v in self.task.network.state_dict().items()}

    def result(self) -> dict[str, np.ndarray]:
        """Return the weights that the schedule keeps."""
        kept = self.best or self.task.network.state_dict()
        return {name: value.detach().cpu().numpy().copy() for name, value in kept.items()}

    def checkpoint(self) -> Checkpoint:
        """Return all that the rest of the run follows from."""
        tensors = {f"network/{k}": v for k, v in self.task.network.state_dict().items()}
        tensors |= {f"best/{k}": v for k, v in self.best.items()}
        tensors["running"] = self.running
        for number, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{number}/{name}": value for name, value in state.items()}
        return Checkpoint(self.step, self.since, self.history, {k: v.cpu() for k, v in tensors.items()})

    def restore(self, found: Checkpoint) -> None:
        """Go to where a checkpoint was taken."""
        self.step, self.since, self.history = found.step, found.since, list(found.history)
        self.task.network.load_state_dict(found.part("network"))
        device = self.learned[0].device
        self.best = {k: v.to(device) for k, v in found.part("best").items()}
        self.running = found.tensors["running"].to(device)
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in found.part("optimiser").items():
            number, _, entry = name.partition("/")
            state.setdefault(int(number), {})[entry] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})


def _seed_of(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> 1)
