"""Latency and energy: HW-NAS-Bench on three data sets, and the 27 devices of HELP."""

from __future__ import annotations

from pathlib import Path

from archenc.errors import DataError
from archenc.tables.importers.nasbench201.vocabulary import DATASETS
from archenc.tables.importing import NOT_MEASURED, Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_csv, read_npz

_HW = "HW-NAS-Bench (Li et al., ICLR 2021)"
_HELP = "HELP (Lee et al., NeurIPS 2021)"
_UNITS = {"latency": "ms", "energy": "mJ", "arithmetic_intensity": "not stated"}
_COLUMNS = (
    ("edgegpu", "latency"),
    ("edgegpu", "energy"),
    ("raspi4", "latency"),
    ("edgetpu", "latency"),
    ("pixel3", "latency"),
    ("eyeriss", "latency"),
    ("eyeriss", "energy"),
    ("eyeriss", "arithmetic_intensity"),
    ("fpga", "latency"),
    ("fpga", "energy"),
)
_SHARED = ("eyeriss", "fpga", "pixel3", "raspi4")  # devices whose latencies HELP took from HW-NAS-Bench
_GPUS = ("1080ti", "2080ti", "titan_rtx", "titanx", "titanxp")
_DEVICES = (
    *(f"{gpu}_{batch}" for gpu in _GPUS for batch in (1, 32, 256)),
    "essential_ph_1",
    "gold_6226",
    "gold_6240",
    "pixel2",
    "samsung_a50",
    "samsung_s7",
    "silver_4114",
    "silver_4210r",
    *_SHARED,
)


def _hardware(dataset: str, name: str) -> Source:
    names = [f"{device}_{quantity}" for device, quantity in _COLUMNS]

    def read(path: Path) -> list[Sheet]:
        numbers, texts = read_csv(path, names, ["net"])
        return [Sheet(texts["net"], "spelling", numbers)]

    fields = [
        Field(
            f"{device}_{quantity}",
            Metric(
                name=f"{dataset}_{device}_{quantity}",
                dataset=dataset,
                quantity=quantity,
                unit=_UNITS[quantity],
                direction=None if quantity == "arithmetic_intensity" else "min",
                note=f"device {device}; {_HW}",
            ),
            rules=(NOT_MEASURED,),
        )
        for device, quantity in _COLUMNS
    ]
    if dataset == "cifar10":
        fields += [Field(f"{device}_latency", _latency(device)) for device in _SHARED]
    return Source(f"nb201/hw_{name}.csv", read, tuple(fields))


def _latency(device: str) -> Metric:
    shared = f"the same measurement as cifar10_{device}_latency; " if device in _SHARED else ""
    return Metric(
        name=f"latency_{device}",
        dataset="cifar10",
        quantity="latency",
        unit="ms",
        direction="min",
        note=f"{shared}device and, where there is a number at the end of a GPU's name, batch size; {_HELP}",
    )


def _read_devices(path: Path) -> list[Sheet]:
    arrays = read_npz(path)
    lengths = {values.shape for values in arrays.values()}
    if len(lengths) != 1 or len(next(iter(lengths))) != 1:
        raise DataError(f"{path}: expected arrays of one length, one number an architecture; found {lengths}")
    return [Sheet(list(range(*next(iter(lengths)))), "index", arrays)]


SOURCES = (
    Source(
        "latency/help_nb201_latency_27dev.npz",
        _read_devices,
        tuple(Field(device, _latency(device)) for device in _DEVICES),
    ),
    *(_hardware(dataset, name) for name, dataset in DATASETS.items()),
)
