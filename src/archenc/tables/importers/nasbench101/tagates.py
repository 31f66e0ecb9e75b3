"""The cells on which TA-GATES was trained and tested: 7,290 each, disjoint."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.pickles import read_strings


def _read(part: float, path: Path) -> list[Sheet]:
    """Read hashes: in spite of its name the file is a pickle."""
    hashes = read_strings(path)
    return [Sheet(hashes, "key", {"part": np.full(len(hashes), part)})]


_SPLIT = Metric(
    name="tagates_split",
    dataset="",
    quantity="split",
    unit="0 training, 1 test",
    note="the 14,580 cells of the split of TA-GATES (Ning et al., NeurIPS 2022)",
)

SOURCES = (
    Source("nb101/nb101_hash_train.txt", partial(_read, 0.0), (Field("part", _SPLIT),)),
    Source("nb101/nb101_hash.txt", partial(_read, 1.0), (Field("part", _SPLIT),)),
)
