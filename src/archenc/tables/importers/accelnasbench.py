"""Accel-NASBench: 5,138 short trainings on ImageNet, and what eight devices measured."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archenc.errors import DataError
from archenc.tables.importers.suite_zero import numbers
from archenc.tables.importing import REPEATS, Benchmark, Field, Sheet, Source
from archenc.tables.metric import Direction, Metric
from archenc.tables.readers import reading

_PAPER = "Accel-NASBench (Ahmad et al., DAC 2024)"
_TWICE = "mean where a network was trained twice (13 of them)"
_LARGEST = 1 << 16  # bytes of a member; the public ones hold about 1 kB
_LATENCIES = ("zcu102", "vck190")
_THROUGHPUTS = ("a100", "3090", "tpuv2", "tpuv3", "zcu102", "vck190")


def _top(k: int) -> Metric:
    return Metric(
        name=f"imagenet_val_accuracy_top{k}",
        dataset="imagenet",
        quantity="accuracy",
        split="val",
        unit="percent",
        direction="max",
        runs="one",
        note=f"top-{k} after the source's shortened schedule, far below a full training; {_TWICE}; {_PAPER}",
    )


def _device(kind: str, device: str, what: str) -> Metric:
    direction: Direction = "min" if kind == "latency" else "max"
    return Metric(
        name=f"imagenet_{kind}_{device}" + ("_std" if what == "std" else ""),
        dataset="imagenet",
        quantity=kind if what == "mean" else f"standard deviation of the {kind}",
        unit="ms" if kind == "latency" else "images/s",
        direction=direction if what == "mean" else None,
        note=f"{'mean' if what == 'mean' else 'standard deviation'} over runs on the {device}; {_TWICE}; "
        f"{_PAPER}",
    )


def _about(name: str, quantity: str, unit: str, note: str) -> Metric:
    direction: Direction | None = "min" if unit == "s" else None
    return Metric(name, "imagenet", quantity, unit=unit, direction=direction, note=f"{note}; {_PAPER}")


_DEVICES = (*(("latency", one) for one in _LATENCIES), *(("throughput", one) for one in _THROUGHPUTS))
_FIELDS = (
    Field("val_top1", _top(1)),
    Field("val_top5", _top(5)),
    Field("train_time", _about("imagenet_training_seconds", "seconds", "s", f"of the training; {_TWICE}")),
    Field("params", _about("imagenet_params", "params", "millions", "trainable parameters")),
    Field("macs", _about("imagenet_macs", "macs", "millions", "multiply-accumulates of one forward pass")),
    *(
        Field(f"{kind}_{device}_{what}", _device(kind, device, what))
        for kind, device in _DEVICES
        for what in ("mean", "std")
    ),
    Field(
        REPEATS,
        Metric("accel_trainings", "none", "trainings", unit="files", note=f"files of the network; {_PAPER}"),
    ),
)


def _read(path: Path) -> list[Sheet]:
    """Read members `.../result_<i>.json`, each `{architecture, metrics, model_info, platform_perf}`."""
    with reading(path):
        records = list(_members(path))
        if not records:
            raise DataError(f"{path}: no member result_*.json")
        columns: dict[str, list[Any]] = {}
        for record in records:
            measured = record["platform_perf"]
            row = {**record["metrics"], **record["model_info"]}
            for kind, device in _DEVICES:
                for what in ("mean", "std"):
                    row[f"{kind}_{device}_{what}"] = measured[f"{kind}_{device}"][f"{kind}_{what}"]
            for field in _FIELDS[:-1]:
                columns.setdefault(field.column, []).append(row[field.column])
        keys = [record["architecture"] for record in records]
        return [Sheet(keys, "spelling", {name: numbers(v) for name, v in columns.items()}, repeats="mean")]


def _members(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if not member.isfile() or not member.name.endswith(".json"):
                    continue
                stream = archive.extractfile(member)
                if stream is None or member.size > _LARGEST:
                    raise DataError(f"{path}: member {member.name[:80]!r} has {member.size:,} bytes")
                yield json.loads(stream.read())
    except tarfile.TarError as error:
        raise DataError(f"{path}: truncated, altered or no gzipped tar archive ({error})") from error


SOURCES = (Source("accel/anb_dataset_jsons.tar.gz", _read, _FIELDS),)

BENCHMARK = Benchmark(SOURCES, listing=None)
