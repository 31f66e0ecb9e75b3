"""einspace: a space of networks that a grammar derives, trees of any size.

`SPACE` is the space under the name "einspace"; `EinSpace(limits=..., grammar=...)` makes one with limits of
your own. `seeds` has known networks as derivations. Nothing here needs torch.
"""

from __future__ import annotations

from archenc.spaces.einspace.inference import Inferred, Visit, infer
from archenc.spaces.einspace.limits import PUBLISHED, Limits
from archenc.spaces.einspace.space import DEFAULT_SHAPE, SPACE, EinSpace
from archenc.spaces.einspace.tree import DerivationNode
from archenc.spaces.einspace.variation import Mutated

__all__ = [
    "DEFAULT_SHAPE",
    "PUBLISHED",
    "SPACE",
    "DerivationNode",
    "EinSpace",
    "Inferred",
    "Limits",
    "Mutated",
    "Visit",
    "infer",
]
