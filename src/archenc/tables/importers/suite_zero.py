"""What the files of NAS-Bench-Suite-Zero have in common: proxies, their metrics, two layouts of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from archenc.errors import DataError
from archenc.tables.importing import SENTINEL, Field, Sheet
from archenc.tables.metric import Direction, Metric
from archenc.tables.readers import read_json, read_zipped_json, reading

SUITE_ZERO = "NAS-Bench-Suite-Zero (Krishnakumar et al., NeurIPS 2022)"

Record = Mapping[str, Any]
"""One architecture: `arch`, `val_accuracy`, and for each proxy `{score, time}`."""

_MANY_CLASSES = ("imagenet16", "jigsaw")  # 120 and 1,000: the formula of epe_nas changes above 100


def params(dataset: str) -> Metric:
    """Return the metric of the parameter count; its value depends on the number of classes only a little."""
    return Metric(
        name=f"{dataset}_params",
        dataset=dataset,
        quantity="params",
        unit="parameters",
        runs="exact",
        note="trainable parameters of the whole network",
    )


def flops(dataset: str) -> Metric:
    """Return the metric of the operation count."""
    return Metric(
        name=f"{dataset}_flops",
        dataset=dataset,
        quantity="flops",
        unit="millions",
        runs="exact",
        note=f"operations of one forward pass, multiply-accumulates counted once; {SUITE_ZERO}",
    )


def score(dataset: str, proxy: str, note: str) -> Metric:
    """Return the metric of a proxy of a whole space, `{dataset}_{proxy}`, as the zipped logs have it."""
    return Metric(
        name=f"{dataset}_{proxy}",
        dataset=dataset,
        quantity=proxy,
        unit="score",
        direction="max",
        runs="one initialisation",
        note=f"{note}; {SUITE_ZERO}",
    )


def seconds(dataset: str, proxy: str, qualifier: str = "") -> Metric:
    """Return the metric of the time that a proxy took; qualifier: "zc32_" where the proxy is one of those."""
    return Metric(
        name=f"{dataset}_{qualifier}{proxy}_seconds",
        dataset=dataset,
        quantity="seconds",
        unit="s",
        direction="min",
        runs="one",
        note=f"time to compute {proxy if qualifier else f'the {proxy} score'}; {SUITE_ZERO}",
    )


def proxy_fields(
    dataset: str, proxy: str, batch: int, column: str, same: Metric | None = None, note: str = ""
) -> tuple[Field, ...]:
    """Return what one column of a proxy gives: the proxy itself, and what does not depend on the batch.

    same: a metric of another file that this column measures again (zen, which sees no images). note: what is
    peculiar to the proxy in this file.
    """
    fields = [Field(column, _proxy(dataset, proxy, batch, note), rules=(SENTINEL,))]
    if proxy == "params":
        fields.append(Field(column, params(dataset), scale=1e6))
    if proxy == "flops":
        fields.append(Field(column, flops(dataset)))
    if same is not None:
        fields.append(Field(column, same, rules=(SENTINEL,)))
    return tuple(fields)


def _proxy(dataset: str, proxy: str, batch: int, note: str) -> Metric:
    millions = proxy in ("params", "flops")
    return Metric(
        name=f"{dataset}_zc{batch}_{proxy}",
        dataset=dataset,
        quantity=proxy,
        unit="millions" if millions else "score",
        direction=_direction(dataset, proxy),
        runs="exact" if millions else f"one batch of {batch}, one initialisation",
        note="computed on the untrained network; do not mix with another batch size; "
        + (f"{note}; " if note else "")
        + SUITE_ZERO,
    )


def _direction(dataset: str, proxy: str) -> Direction | None:
    """Return "max" where a higher score should mean a better network.

    plain has no clear direction, nor has epe_nas with more than 100 classes, where its formula changes.
    """
    if proxy == "plain" or (proxy == "epe_nas" and dataset in _MANY_CLASSES):
        return None
    return "max"


def score_columns(
    prefix: str, records: Sequence[Record], proxies: Iterable[str]
) -> dict[str, Float64[np.ndarray, " n"]]:
    """Return the columns `{prefix} {proxy} score` and `... time` of records; NaN where a record has none."""
    columns = {}
    for proxy in proxies:
        entries = [record.get(proxy, {}) for record in records]
        columns[f"{prefix} {proxy} score"] = numbers([entry.get("score") for entry in entries])
        columns[f"{prefix} {proxy} time"] = numbers([entry.get("time") for entry in entries])
    return columns


def scores_sheet(prefix: str, rows: Mapping[str, Record], proxies: Iterable[str]) -> Sheet:
    """Return the accuracy and the proxies of a data set of `read_scores`; each record spells its cell again.

    The columns are `{prefix} val_accuracy` and those of `score_columns`.
    """
    records = list(rows.values())
    columns = {f"{prefix} val_accuracy": numbers(record["val_accuracy"] for record in records)}
    columns |= score_columns(prefix, records, proxies)
    return Sheet(list(rows), "spelling", columns, also=([record["arch"] for record in records], "spelling"))


def numbers(values: Iterable[float | None]) -> Float64[np.ndarray, " n"]:
    """Return floats, NaN for None. Raises ValueError where a value is no number."""
    array = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if array.ndim != 1:
        raise ValueError("a list where a number should be")
    return array


def read_scores(path: Path, datasets: Mapping[str, str]) -> dict[str, dict[str, Record]]:
    """Read a JSON file `{data set: {architecture: record}}`.

    datasets: names in the file, and ours; the result is by ours. Raises DataError.
    """
    content = read_json(path)
    with reading(path):
        if unknown := set(content) - set(datasets):
            raise DataError(f"{path}: unknown data sets {sorted(unknown)}; known: {', '.join(datasets)}")
        if not all(isinstance(record, dict) for rows in content.values() for record in rows.values()):
            raise DataError(f"{path}: not of the expected layout: a row that is no record")
        return {datasets[name]: rows for name, rows in content.items()}


def read_logs(path: Path, datasets: Mapping[str, str]) -> dict[str, list[Record]]:
    """Read a zip of members `benchmark--<space>--<data set>--<start>.json`, each a list of records.

    datasets: names in the file, and ours; the result is by ours. Raises DataError.
    """
    records: dict[str, list[Record]] = {}
    for member, content in read_zipped_json(path):
        parts = member.split("--")
        if len(parts) != 4 or parts[2] not in datasets:
            raise DataError(f"{path}: member {member!r} is of no known data set ({', '.join(datasets)})")
        with reading(path):
            if not all(isinstance(record, dict) for record in content):
                raise DataError(f"{path}: member {member!r} is no list of records")
            records.setdefault(datasets[parts[2]], []).extend(content)
    return records
