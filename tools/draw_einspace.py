"""Draw einspace networks to train on small images: random ones, and descendants of known ones.

    python tools/draw_einspace.py 400 --most-tokens 4096 > einspace.txt
    archenc benchmark build --space einspace --dataset digits --archs einspace.txt --out einspace_digits \\
        --epochs 8 --lr 0.04 --shard 4 --seeds 0,1
    python tools/make_einspace_digits.py einspace_digits

Most random derivations learn nothing, so that of four networks one is random and three descend, by 1 to 8
mutations and crossovers, from small residual, convolutional and attention networks. No two have one
derivation, and all keep LIMITS. The first n of a longer draw are a draw of n. --most-tokens leaves out
those whose ONNX text, which writes out every copy, is longer for the small language model.
"""

from __future__ import annotations

import argparse

import numpy as np

from archenc import text
from archenc.encoders.cole.language_model import LanguageModel
from archenc.graph import Architecture
from archenc.spaces.einspace import EinSpace, Limits, seeds
from archenc.spaces.einspace.seeds import chain, conv, layer

SHAPE = (1, 8, 8)
LIMITS = Limits(max_nodes=150, max_params=1 << 18, max_activations=1 << 16, max_macs=1 << 22)
SPACE = EinSpace(LIMITS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("n", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most-tokens", type=int, help="leave out networks with longer ONNX texts")
    options = parser.parse_args()
    archs = drawn(options.n, options.seed)
    if options.most_tokens is not None:
        archs = [arch for arch, n in zip(archs, tokens(archs), strict=True) if n <= options.most_tokens]
    for arch in archs:
        print(SPACE.format(arch))


def tokens(archs: list[Architecture]) -> list[int]:
    """Return the lengths of the ONNX texts in tokens of MiniLM."""
    known = LanguageModel.of("minilm").tokens()
    return [len(known.ids([text.slim_text(arch)])[0]) for arch in archs]


def ancestors() -> list[Architecture]:
    """Return the known networks, small enough for digits."""
    norm, relu = layer("norm"), layer("relu")
    plain = [conv(16, 3, 1, 1), norm, relu, conv(32, 3, 2, 1), norm, relu]
    trees = [
        chain(plain),
        chain([conv(16, 3, 1, 1), relu, seeds.residual_block((16, 8, 8), 16)]),
        chain([conv(16, 3, 2, 1), norm, seeds.residual_block((16, 4, 4), 32)]),
        seeds.transformer(SHAPE, blocks=1, width=64),
        seeds.attention(SHAPE, 32),
    ]
    return [SPACE.from_derivation(tree, SHAPE) for tree in trees]


def drawn(n: int, seed: int) -> list[Architecture]:
    """Return n architectures with different derivations."""
    rng, first = np.random.default_rng(seed), ancestors()
    found: dict[str, Architecture] = {}
    while len(found) < n:
        if len(found) % 4 == 0:
            arch = SPACE.sample(1, rng, input_shape=SHAPE)[0]
        else:
            arch = first[rng.integers(len(first))]
            for _ in range(rng.integers(1, 9)):
                mate = list(found.values())[rng.integers(len(found))]
                child = SPACE.crossover(arch, mate, rng) if rng.random() < 0.25 else None
                arch = child or SPACE.mutate(arch, rng).arch
        found.setdefault(SPACE.key(arch), arch)
    return list(found.values())


if __name__ == "__main__":
    main()
