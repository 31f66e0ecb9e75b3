"""Pre-train a network on the cells of all spaces at once, and put its weights into the package.

    python tools/pretrain_unified.py cate
    python tools/pretrain_unified.py arch2vec

Takes at most `--cells` architectures a space, so that none drowns the others, and says how many there are.
A run that was stopped goes on from `--out`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archenc.encoders import CATE, Arch2Vec
from archenc.encoders.learned.gathering import gather
from archenc.encoders.learned.unified.frames import SPACES
from archenc.encoders.learned.unified.training import ALL, pretrain_jointly
from archenc.encoders.learned.weights import FOLDER, Weights
from archenc.spaces import space

ENCODERS: dict[str, CATE | Arch2Vec] = {
    "cate": CATE(
        batch_size=256, pairs=10_240, epochs=3, warmup=20, validate_every=20, dropout=0.0, bfloat16=True
    ),
    "arch2vec": Arch2Vec(epochs=2),
}

COUNTED = {"transnasbench101_macro": 400}
"""Spaces whose networks must be built one by one to know their cost: at most so many."""


def main() -> None:
    """Train, keep what codes are made with, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("encoder", choices=ENCODERS)
    parser.add_argument("--cells", type=int, default=16_000, help="architectures a space, at most")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    options = parser.parse_args()
    batches = []
    for name in SPACES:
        size, most = space(name).size, COUNTED.get(name, options.cells)
        batches.append(gather(name, None if size is not None and size <= most else most))
        print(f"{name}: {len(batches[-1]):,} of {size if size is not None else 'unknown'}", flush=True)

    def show(step: int, steps: int, last: Mapping[str, Any] | None) -> None:
        if step % 20 == 0:
            print(f"{step} of {steps}", "" if last is None else f"{last['held_out_loss']:.4f}", flush=True)

    made = pretrain_jointly(ENCODERS[options.encoder], batches, options.out, half=True, progress=show)
    kept = {name: value for name, value in made.tensors.items() if not name.startswith(_ONLY_TRAINING)}
    name = f"{made.config['encoder']}-clean-{ALL}"
    Weights(made.config, kept).save(FOLDER / name, half=True)
    print(FOLDER / name)


_ONLY_TRAINING = ("cross.", "hidden.", "head.", "segments")

if __name__ == "__main__":
    main()
