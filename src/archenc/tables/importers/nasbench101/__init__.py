"""Every public file about NAS-Bench-101, in the order of precedence: the first to give a value keeps it."""

from __future__ import annotations

from archenc.tables.importers.nasbench101 import batch32, official, one_run, tagates
from archenc.tables.importers.nasbench101.cells import all_cells
from archenc.tables.importing import Benchmark

BENCHMARK = Benchmark((*official.SOURCES, *one_run.SOURCES, *batch32.SOURCES, *tagates.SOURCES), all_cells)
