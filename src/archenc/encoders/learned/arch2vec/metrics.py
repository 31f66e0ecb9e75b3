"""How well arch2vec says cells again, and how many of the cells it makes up are cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float

from archenc.encoders.base import Population, check_choice
from archenc.encoders.learned.arch2vec.decoding import Decoded, Reader
from archenc.encoders.learned.arch2vec.encoder import Arch2Vec
from archenc.encoders.learned.arch2vec.training import CellTensors, reconstruction
from archenc.encoders.learned.vocabulary import RESERVED
from archenc.networks.threads import single_thread
from archenc.typing import Seed, as_generator, whole_number

_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Shares of nodes with the right operation, pairs of nodes decided rightly, cells without a fault."""

    cells: int
    op_accuracy: float
    edge_accuracy: float
    exact: float


@dataclass(frozen=True, slots=True)
class Generation:
    """validity: share of draws that are cells of the space. uniqueness: of these, the share that differs.

    novelty: of the valid draws, the share that is none of the known architectures; NaN without these. Both
    are NaN where no draw is valid.
    """

    draws: int
    validity: float
    uniqueness: float
    novelty: float


def reconstruct(encoder: Arch2Vec, X: Population) -> Reconstruction:
    """Encode cells, decode the means of the codes, and compare; an edge is there if it is likelier than not.

    In the published form of NAS-Bench-201 all cells have the same links, so that edges are easy there.
    """
    network, sums, weights = encoder.network(), np.zeros(3), np.zeros(3)
    for cells, mu in _latents(encoder, X):
        with torch.inference_mode():
            shares = reconstruction(network.decode(mu), cells)
        weight = np.array([cells.real.sum(), cells.pairs.sum(), len(cells.real)], dtype=float)
        sums, weights = sums + weight * shares, weights + weight
    return Reconstruction(int(weights[2]), *(sums / weights).tolist())


def generate(
    encoder: Arch2Vec,
    X: Population,
    n: int = 10_000,
    seed: Seed = 0,
    validity: Literal["strict", "published"] = "strict",
    known: frozenset[str] | set[str] | None = None,
) -> Generation:
    """Draw codes of whole cells, decode them, and see what they are.

    X: architectures whose codes give mean and standard deviation of every slot and column, by which n codes
    are drawn, independently. validity: "strict" if the space contains the cell, or "published", see
    `Reader.published_ids`. known: canonical ids, for novelty. Raises InvalidArgument.
    """
    check_choice("validity", validity, ("strict", "published"))
    n = whole_number("n", n, 1)
    reader = Reader(encoder.weights_.frame)
    decoded = draw(encoder, X, n, seed)
    ids = (reader.ids if validity == "strict" else reader.published_ids)(decoded)
    valid = [one for one in ids if one is not None]
    if not valid:
        return Generation(n, 0.0, float("nan"), float("nan"))
    new = float("nan") if known is None else sum(one not in known for one in valid) / len(valid)
    return Generation(n, len(valid) / n, len(set(valid)) / len(valid), new)


def draw(encoder: Arch2Vec, X: Population, n: int, seed: Seed = 0) -> Decoded:
    """Draw n codes as `generate` does, and return the cells that they are decoded to."""
    total, squares, count = 0.0, 0.0, 0.0
    for cells, mu in _latents(encoder, X):
        real = np.ones(cells.real.shape) if encoder.preset == "published" else cells.real.double().numpy()
        codes = mu.numpy() * real[:, :, None]
        total, squares = total + codes.sum(0), squares + (codes**2).sum(0)
        count = count + real.sum(0)[:, None]
    mean = np.asarray(total) / count
    std = np.sqrt(np.maximum(np.asarray(squares) / count - mean**2, 0))
    z: Float[np.ndarray, "n N z"] = mean + std * as_generator(seed).standard_normal((n, *mean.shape))
    with single_thread(), torch.inference_mode():
        ops, links = encoder.network().decode(torch.from_numpy(z))
    tokens = ops.argmax(-1).numpy() + len(RESERVED)
    there = (links > 0).triu(1).numpy()
    if (cut := encoder.weights_.frame.cut) is not None:
        there &= (tokens != cut)[:, :, None] & (tokens != cut)[:, None, :]
    return Decoded(tokens, there)


def _latents(encoder: Arch2Vec, X: Population) -> Iterator[tuple[CellTensors, Float[torch.Tensor, "b N z"]]]:
    """Yield cells and the means of their codes, in portions."""
    frame, network = encoder.weights_.frame, encoder.network()
    graphs = frame.graphs(X)
    for start in range(0, len(graphs), _CHUNK):
        cells = CellTensors.of(graphs[start : start + _CHUNK], frame, encoder.dtype)
        with single_thread(), torch.inference_mode():
            mu = network.encode(cells.ops, cells.links).mu
        yield cells, mu
