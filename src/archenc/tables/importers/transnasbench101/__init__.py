"""Every public file about the two spaces of TransNAS-Bench-101, in the order of precedence."""

from __future__ import annotations

from archenc.tables.importers.transnasbench101 import batch32, official, zen_logs
from archenc.tables.importing import Benchmark
from archenc.tables.rows import whole_space

BENCHMARK = Benchmark((*zen_logs.SOURCES, *batch32.SOURCES, official.MICRO), whole_space)
MACRO = Benchmark((official.MACRO,), whole_space)
