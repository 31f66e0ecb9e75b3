"""Joint training: the cells of several spaces, one network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from archenc.encoders.learned.arch2vec.encoder import Arch2Vec
from archenc.encoders.learned.arch2vec.training import Arch2VecTask
from archenc.encoders.learned.cate.costs import cell_costs
from archenc.encoders.learned.cate.encoder import CATE
from archenc.encoders.learned.cate.task import CateTask
from archenc.encoders.learned.forked import forked
from archenc.encoders.learned.history import write_losses
from archenc.encoders.learned.pretraining import Progress, Task, run
from archenc.encoders.learned.unified.frames import unified_frame
from archenc.encoders.learned.vocabulary import TokenFrame, TokenGraphs
from archenc.encoders.learned.weights import Weights
from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch

ALL = "all"
"""What joint weights have for a space in their name."""


def pretrain_jointly(
    encoder: CATE | Arch2Vec,
    batches: Sequence[GraphBatch],
    out: str | Path,
    *,
    device: str = "cpu",
    half: bool = False,
    progress: Progress | None = None,
) -> Weights:
    """Train the network of an encoder on the first cells of several spaces; return weights, kept in `out`.

    encoder: says how; its preset must be "clean". batches: native, one a space. CATE pairs cells of any two
    spaces whose costs, in shares of the largest of their spaces, are close. A killed run goes on and ends
    with the same weights. half: store float16. Raises InvalidArgument.
    """
    names = [batch.space for batch in batches]
    if len(set(names)) < len(names) or not names:
        raise InvalidArgument(f"batches are of {', '.join(names) or 'no space'}: expected one a space")
    if encoder.preset != "clean":
        raise InvalidArgument(f"preset={encoder.preset!r}: joint training has the preset 'clean' only")
    frames = [unified_frame(name) for name in names]
    graphs = _joined([_first_cells(frame, batch) for frame, batch in zip(frames, batches, strict=True)])
    schedule, setting = encoder._schedule(), encoder._setting()
    with forked(torch.device("cpu")) as reseed:
        reseed(schedule.seed)
        network = encoder._network(setting, frames[0])
    task = _task(encoder, network, frames[0], graphs, batches)
    folder = Path(out)
    trained = run(task, schedule, folder / "progress", device=device, progress=progress)
    last = trained.history[-1]
    config = {
        "archenc": version("archenc"),
        "encoder": f"unified_{encoder.name}",
        "preset": encoder.preset,
        "frame": {**frames[0].to_dict(), "space": ALL},
        "setting": setting,
        "training": {
            "architectures": {name: len(batch) for name, batch in zip(names, batches, strict=True)},
            "schedule": {**asdict(schedule), "betas": list(schedule.betas)},
            "items": last["items"],
            "losses": {key: value for key, value in last.items() if key not in ("step", "epoch", "items")},
            "best_held_out_loss": min(record["held_out_loss"] for record in trained.history),
        },
    }
    made = Weights(config, trained.tensors).save(folder, half)
    write_losses(folder, trained.history)
    return made


def _task(
    encoder: CATE | Arch2Vec,
    network: Any,
    frame: TokenFrame,
    graphs: TokenGraphs,
    batches: Sequence[GraphBatch],
) -> Task:
    if isinstance(encoder, Arch2Vec):
        return Arch2VecTask(network, graphs, frame, False, encoder.seed)
    costs = [cell_costs(batch, encoder.cost or "params") for batch in batches]
    return CateTask(
        network,
        graphs,
        np.concatenate([cost / cost.max() for cost in costs]),
        encoder._rules(network),
        k=encoder.partners or 2,
        delta=0.02 if encoder.window is None else encoder.window,
        limit=encoder.pairs,
        seed=encoder.seed,
    )


def _first_cells(frame: TokenFrame, batch: GraphBatch) -> TokenGraphs:
    found = frame.graphs(batch)
    return TokenGraphs(found.tokens[:: frame.n_cells], found.links[:: frame.n_cells])


def _joined(parts: Sequence[TokenGraphs]) -> TokenGraphs:
    return TokenGraphs(
        np.concatenate([part.tokens for part in parts]), np.concatenate([part.links for part in parts])
    )
