"""Codes of many architectures as one parquet file, portion by portion; a killed run goes on where it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from archenc.encoders.base import Encoder
from archenc.encoders.frame import registered_space
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.store import atomic_path, content_key, write_json
from archenc.store.parquet import open_parquet, read_parquet, write_parquet

RECIPE = "recipe.json"
PORTION = 8_192
_HEADER = b"archenc"
_PROBE = 16


def export(
    encoder: Encoder,
    archs: Iterable[Architecture],
    total: int,
    out: str | Path,
    *,
    described: Mapping[str, Any] | None = None,
    portion: int = PORTION,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the codes of architectures, in their order, to the parquet file `out`.

    encoder: fitted. archs: of its space; may be lazy, only a portion is held. total: how many there are.
    Columns: `key`, by which a table finds an architecture; `architecture`, its native spelling; then one
    float32 column a feature. The metadata `archenc` of the file say how it came about, with `described`.
    Portions are kept in a folder beside `out` until all are there: a killed run goes on from these, and ends
    with the same file. Raises InvalidArgument if `out`, or that folder, was made in another way.
    """
    target = Path(out)
    recipe = _recipe(encoder, total, portion, described or {})
    if target.exists():
        _check_same(_header(target), recipe, target)
        return
    parts = target.with_name(f"{target.name}.parts")
    if (parts / RECIPE).exists():
        _check_same(json.loads((parts / RECIPE).read_text()), recipe, parts)
    else:
        write_json(parts / RECIPE, recipe)
    paths, stream, done = [], iter(archs), 0
    while members := list(islice(stream, portion)):
        path = parts / f"{len(paths):06}.parquet"
        if not path.exists():
            write_parquet(_table(encoder, members), path)
        paths.append(path)
        done += len(members)
        if progress is not None:
            progress(done, total)
    if done != total:
        raise InvalidArgument(f"total={total}, but there were {done} architectures")
    _join(paths, target, recipe)
    shutil.rmtree(parts)


def _recipe(encoder: Encoder, total: int, portion: int, described: Mapping[str, Any]) -> dict[str, Any]:
    probe = registered_space(encoder.space_).sample(_PROBE, 0)
    recipe = {
        **described,
        "archenc": version("archenc"),
        "encoder": repr(encoder),
        "space": encoder.space_,
        "architectures": total,
        "portion": portion,
        "codes": content_key(
            encoder.transform(probe)
        ),  # says more than parameters: other weights, other codes
    }
    return json.loads(json.dumps(recipe))


def _table(encoder: Encoder, archs: Sequence[Architecture]) -> pa.Table:
    member = registered_space(encoder.space_)
    codes = encoder.transform(archs)
    columns: dict[str, Any] = {
        "key": pa.array([member.key(arch) for arch in archs], pa.string()),
        "architecture": pa.array([member.format(arch) for arch in archs], pa.string()),
    }
    names = encoder.get_feature_names_out()
    columns |= {name: pa.array(codes[:, k]) for k, name in enumerate(names)}
    return pa.table(columns)


def _join(paths: Sequence[Path], target: Path, recipe: Mapping[str, Any]) -> None:
    schema = open_parquet(paths[0]).schema_arrow.with_metadata({_HEADER: json.dumps(recipe).encode()})
    with (
        atomic_path(target) as temporary,
        pq.ParquetWriter(
            temporary, schema, compression="zstd", write_statistics=False, write_page_checksum=True
        ) as writer,
    ):
        for path in paths:
            writer.write_table(read_parquet(path).replace_schema_metadata(schema.metadata))


def _header(path: Path) -> dict[str, Any]:
    with open_parquet(path) as file:
        metadata = file.schema_arrow.metadata or {}
    return json.loads(metadata.get(_HEADER, b"{}"))


def _check_same(found: Mapping[str, Any], wanted: Mapping[str, Any], where: Path) -> None:
    other = [name for name in {**found, **wanted} if found.get(name) != wanted.get(name)]
    if other:
        raise InvalidArgument(
            f"out: {where} holds codes with other {', '.join(other)}; give another file, or remove this one"
        )
