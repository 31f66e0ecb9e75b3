"""Every public file about NAS-Bench-301, in the order of precedence; a row an architecture of the files."""

from __future__ import annotations

from archenc.tables.importers.nasbench301 import batch32, logs, predictions, trained
from archenc.tables.importing import Benchmark

BENCHMARK = Benchmark((*batch32.SOURCES, *trained.SOURCES, *logs.SOURCES, *predictions.SOURCES), listing=None)
