"""Published arch2vec vectors: an unsupervised encoding of 9,445 cells, no quality."""

from __future__ import annotations

from pathlib import Path

from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_csv

_FIELDS = tuple(
    Field(
        f"embeddings_{i}",
        Metric(
            name=f"arch2vec_{i}",
            dataset="none",
            quantity="embedding",
            unit="coordinate",
            runs="one training",
            note="coordinate of an unsupervised embedding; arch2vec (Yan et al., NeurIPS 2020)",
        ),
    )
    for i in range(16)
)


def _read(path: Path) -> list[Sheet]:
    numbers, texts = read_csv(path, [field.column for field in _FIELDS], ["net"])
    return [Sheet(texts["net"], "spelling", numbers)]


SOURCES = (Source("nb201/arch2vec_nb201_embeddings.csv", _read, _FIELDS),)
