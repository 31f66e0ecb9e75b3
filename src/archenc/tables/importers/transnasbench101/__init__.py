"""Every public file about the cells of TransNAS-Bench-101 (micro), in the order of precedence."""

from __future__ import annotations

from archenc.tables.importers.transnasbench101 import batch32, zen_logs
from archenc.tables.importing import Benchmark
from archenc.tables.rows import whole_space

BENCHMARK = Benchmark((*zen_logs.SOURCES, *batch32.SOURCES), whole_space)
