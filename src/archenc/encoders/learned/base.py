"""What every learned encoder is, and how one is pre-trained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from archenc.encoders.base import Encoder, Population, check_choice, space_of
from archenc.encoders.learned.forked import forked
from archenc.encoders.learned.history import write_losses
from archenc.encoders.learned.pretraining import Progress, Schedule, Task, Trained, run
from archenc.encoders.learned.vocabulary import TokenFrame, TokenGraphs
from archenc.encoders.learned.weights import Weights, is_finished, packaged
from archenc.errors import IncompatibleModel, InvalidArgument
from archenc.graph import Rewire
from archenc.networks.threads import single_thread

N = TypeVar("N", bound=nn.Module)
PRESETS = ("clean", "published")
_PLAIN = (str, int, float, bool, type(None))


class LearnedEncoder(Encoder, ABC, Generic[N]):
    """Abstract: a code that a network learned from cells alone, without labels.

    weights: "packaged", those that come with archenc for the space; a folder that `archenc pretrain` made;
    or None: `fit` trains on the architectures it sees. preset: "clean", or "published" with the quirks of
    the reference. Codes are computed in `dtype`, in portions of one size, so that a row does not depend on
    its company, and rounded to float32. Several cells give their codes side by side.
    A subclass stores its parameters, `weights` and `preset` among them, and writes what is abstract here.
    """

    name: ClassVar[str]
    portion: ClassVar[int] = 512
    dtype: ClassVar[torch.dtype] = torch.float64
    weights: Any
    preset: Any  # a Literal in each subclass

    @abstractmethod
    def _rewire(self) -> Rewire:
        """Return what becomes of `none` and `skip` in the node form of a cell."""

    @abstractmethod
    def _setting(self) -> dict[str, Any]:
        """Return the sizes of the network, and whatever else a code follows from, as plain values."""

    @abstractmethod
    def _network(self, setting: Mapping[str, Any], frame: TokenFrame) -> N:
        """Build the network of a setting; its weights are drawn from torch's generator."""

    @abstractmethod
    def _schedule(self) -> Schedule:
        """Return how the network is trained."""

    @abstractmethod
    def _task(self, network: N, frame: TokenFrame, X: Population) -> Task:
        """Return what the network is trained on."""

    @abstractmethod
    def _cell_codes(self, network: N, graphs: TokenGraphs) -> Float[torch.Tensor, "m d"]:
        """Return the codes of cells, by a network in eval mode."""

    @abstractmethod
    def _published(self) -> dict[str, Any]:
        """Return the published training for this space, to be written beside ours."""

    def _learn(self, X: Population) -> None:
        check_choice("preset", self.preset, PRESETS)
        if self.weights is None:
            self.weights_ = trained_weights(self, X, *_train(self, X))
        else:
            known = (
                packaged(self.name, self.preset, self.space_)
                if self.weights == "packaged"
                else Weights.load(self.weights)
            )
            self._check(known)
            self.weights_ = known

    def _check(self, found: Weights) -> None:
        stated = {"encoder": self.name, "preset": self.preset, "space": self.space_}
        saved = {**found.config, "space": found.frame.space}
        for what, wanted in stated.items():
            if saved[what] != wanted:
                raise InvalidArgument(
                    f"weights={str(self.weights)!r} are of {what} {saved[what]!r}, not of {wanted!r}"
                )
        for what, wanted in self._setting().items():
            made = found.config["setting"].get(what)
            if made != wanted:
                raise InvalidArgument(
                    f"{what}={wanted!r}, but weights={str(self.weights)!r} were made with {made!r}"
                )

    def _encode(self, X: Population) -> np.ndarray:
        graphs = self.weights_.frame.graphs(X)
        network = self.network()
        codes = []
        with single_thread(), torch.inference_mode():
            for start in range(0, len(graphs), self.portion):
                rows = np.arange(start, min(start + self.portion, len(graphs)))
                filled = np.resize(rows, self.portion)  # one shape, so that every product rounds alike
                codes.append(self._cell_codes(network, graphs[filled])[: len(rows)].cpu().numpy())
        return np.concatenate(codes).reshape(len(graphs) // self.weights_.frame.n_cells, -1)

    def _feature_names(self) -> list[str]:
        frame = self.weights_.frame
        width = self._width(self.weights_.config["setting"])
        cells = [f"cell{cell}_" if frame.n_cells > 1 else "" for cell in range(frame.n_cells)]
        return [f"{cell}{self.name}_{k}" for cell in cells for k in range(width)]

    @abstractmethod
    def _width(self, setting: Mapping[str, Any]) -> int:
        """Return d, the width of the code of one cell."""

    def network(self) -> N:
        """Return the network with the learned weights, in eval mode and the encoder's dtype.

        Raises IncompatibleModel for weights that do not fit.
        """
        with forked(torch.device("cpu")):
            network = self._network(self.weights_.config["setting"], self.weights_.frame)
        try:
            network.load_state_dict({k: torch.from_numpy(v) for k, v in self.weights_.tensors.items()})
        except RuntimeError as error:
            raise IncompatibleModel(f"weights={str(self.weights)!r} do not fit: {error}") from error
        return network.to(self.dtype).eval()


def pretrain(
    encoder: LearnedEncoder[Any],
    X: Population,
    out: str | Path,
    *,
    device: str = "cpu",
    half: bool = False,
    progress: Progress | None = None,
    checkpoint_seconds: float = 30.0,
) -> Weights:
    """Train the network of an encoder on the cells of X; return the weights, a folder that `weights=` takes.

    The parameters of the encoder say how; its own `weights` do not count. out: config.json,
    model.safetensors, losses.csv; in `progress`, checkpoints: a killed run goes on from the last one and ends
    with the same weights. half: store float16.
    Raises InvalidArgument if `out` holds a run of other settings or other data.
    """
    check_choice("preset", encoder.preset, PRESETS)
    folder = Path(out)
    checkpoints = folder / "progress"
    if is_finished(folder) and not checkpoints.exists():
        raise InvalidArgument(f"out={str(folder)!r} holds weights of an earlier run; give another folder")
    options = {"device": device, "progress": progress, "checkpoint_seconds": checkpoint_seconds}
    trained, schedule, frame = _train(encoder, X, checkpoints, **options)
    made = trained_weights(encoder, X, trained, schedule, frame).save(folder, half)
    write_losses(folder, trained.history)
    return made


def _train(
    encoder: LearnedEncoder[Any], X: Population, folder: Path | None = None, **options: Any
) -> tuple[Trained, Schedule, TokenFrame]:
    frame = TokenFrame.of(space_of(X), encoder._rewire())
    schedule = encoder._schedule()
    with forked(torch.device("cpu")) as reseed:
        reseed(schedule.seed)
        network = encoder._network(encoder._setting(), frame)
    return run(encoder._task(network, frame, X), schedule, folder, **options), schedule, frame


def trained_weights(
    encoder: LearnedEncoder[Any], X: Population, trained: Trained, schedule: Schedule, frame: TokenFrame
) -> Weights:
    """Return what training gave, with what it was."""
    last, given = trained.history[-1], encoder.get_params(deep=False)
    given.pop("weights")
    config = {
        "archenc": version("archenc"),
        "encoder": encoder.name,
        "preset": encoder.preset,
        "frame": frame.to_dict(),
        "setting": encoder._setting(),
        "training": {
            "architectures": len(X),
            "parameters": {name: value for name, value in given.items() if isinstance(value, _PLAIN)},
            "schedule": {**asdict(schedule), "betas": list(schedule.betas)},
            "items": last["items"],
            "losses": {name: value for name, value in last.items() if name not in ("step", "epoch", "items")},
            "best_held_out_loss": min(record["held_out_loss"] for record in trained.history),
            "published": encoder._published(),
        },
    }
    return Weights(config, trained.tensors)
