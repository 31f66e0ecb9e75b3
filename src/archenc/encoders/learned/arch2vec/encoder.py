"""arch2vec: the mean code of the nodes of a cell, from a variational graph auto-encoder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, final

import torch
from jaxtyping import Float

from archenc.encoders.base import Population
from archenc.encoders.learned.arch2vec.network import Arch2VecNetwork
from archenc.encoders.learned.arch2vec.training import Arch2VecTask, CellTensors
from archenc.encoders.learned.base import LearnedEncoder
from archenc.encoders.learned.pretraining import Schedule
from archenc.encoders.learned.vocabulary import RESERVED, TokenFrame, TokenGraphs
from archenc.graph import Rewire

_EPOCHS = {"nasbench101": 8, "nasbench201": 10, "nasbench301": 10}


@final
class Arch2Vec(LearnedEncoder[Arch2VecNetwork]):
    """The mean over the nodes of a cell of what a variational graph isomorphism auto-encoder says of each.

    weights: "packaged", a folder, or None to train in `fit`; see `LearnedEncoder`. preset: "clean" codes real
    nodes only and knows links of `none` as no links; "published" has the quirks of the reference: pads count,
    every NAS-Bench-201 cell has the same links, and after one epoch the network is trained in eval mode, so
    that noise and dropout act in the first epoch alone. "clean" draws noise throughout, and has no dropout:
    with both, the network learns links but never the operations (docs/results/arch2vec.md).
    latent: columns a cell. epochs, batch_size, lr, seed: of the training; op_weight, of the clean one: weight
    of saying operations, beside 1 for links (5 for NAS-Bench-301, whose operations it hardly learns else).
    Yan et al., NeurIPS 2020.
    """

    name: ClassVar[str] = "arch2vec"

    def __init__(
        self,
        weights: str | Path | None = "packaged",
        preset: Literal["clean", "published"] = "clean",
        latent: int = 16,
        epochs: int = 10,
        batch_size: int = 32,
        lr: float = 1e-3,
        op_weight: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.weights = weights
        self.preset: Literal["clean", "published"] = preset
        self.latent = latent
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.op_weight = op_weight
        self.seed = seed

    @property
    def injective(self) -> bool:
        """False: a code is what a network made of a cell."""
        return False

    @property
    def iso_invariant(self) -> bool:
        """True of the clean preset: no layer knows the number of a node; links of `none` are left out."""
        return self.preset == "clean"

    def _rewire(self) -> Rewire:
        return False if self.preset == "published" else "none"

    def _setting(self) -> dict[str, Any]:
        dropout = 0.3 if self.preset == "published" else 0.0
        return {"latent": self.latent, "hidden": 128, "layers": 4, "dropout": dropout}

    def _width(self, setting: Mapping[str, Any]) -> int:
        return setting["latent"]

    def _network(self, setting: Mapping[str, Any], frame: TokenFrame) -> Arch2VecNetwork:
        return Arch2VecNetwork(frame.n_tokens - len(RESERVED), **setting)

    def _schedule(self) -> Schedule:
        return Schedule(self.epochs, self.batch_size, self.lr, clip=5.0, seed=self.seed)

    def _task(self, network: Arch2VecNetwork, frame: TokenFrame, X: Population) -> Arch2VecTask:
        published = self.preset == "published"
        return Arch2VecTask(network, frame.graphs(X), frame, published, self.seed, self.op_weight)

    def _cell_codes(self, network: Arch2VecNetwork, graphs: TokenGraphs) -> Float[torch.Tensor, "m d"]:
        cells = CellTensors.of(graphs, self.weights_.frame, self.dtype)
        mu = network.encode(cells.ops, cells.links).mu
        if self.preset == "published":
            return mu.mean(1)
        real = cells.real.to(mu.dtype)
        return (mu * real[:, :, None]).sum(1) / real.sum(1, keepdim=True)

    def _published(self) -> dict[str, Any]:
        return {"paper": "Yan et al., NeurIPS 2020", "batch_size": 32, "epochs": _EPOCHS}
