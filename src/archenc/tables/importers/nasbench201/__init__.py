"""Every public file about NAS-Bench-201, in the order of precedence: the first to give a value keeps it."""

from __future__ import annotations

from archenc.tables.importers.nasbench201 import (
    arch2vec,
    batch32,
    batch64,
    devices,
    nas_ntk,
    nats_bench,
    official,
    robustness,
    twelve_epochs,
    zen_logs,
)
from archenc.tables.importing import Benchmark
from archenc.tables.rows import whole_space

_SOURCES = (
    *nas_ntk.SOURCES,
    *nats_bench.SOURCES,
    *zen_logs.SOURCES,
    *twelve_epochs.SOURCES,
    *batch64.SOURCES,
    *batch32.SOURCES,
    *devices.SOURCES,
    *robustness.SOURCES,
    *arch2vec.SOURCES,
    *official.SOURCES,
)

BENCHMARK = Benchmark(_SOURCES, whole_space)
