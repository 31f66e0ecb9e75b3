from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archenc.errors import UnknownName
from archenc.tables import import_benchmark

CSV = (
    "ArchitectureString,UniqueString,"
    "CIFAR10TestAccuracy200Epochs,CIFAR100TestAccuracy200Epochs,ImageNetTestAccuracy200Epochs\n"
)
ROW = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,x,10,1,0.5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "nats_bench.csv").write_text(CSV + ROW)
    return tmp_path / "public"


def test_progress_is_told_file_by_file(folder: Path, tmp_path: Path):
    told: list[tuple[str, int, int]] = []
    import_benchmark("nb201", folder, home=tmp_path, verify=False, progress=lambda *step: told.append(step))
    assert told == [("listing", 0, 1), ("nb201/nats_bench.csv", 0, 1), ("writing", 1, 1)]


@pytest.mark.parametrize("moment", ["reading", "writing", "between table and report"])
def test_a_killed_import_leaves_the_old_table_or_the_new_one(folder: Path, tmp_path: Path, moment: str):
    report = import_benchmark("nb201", folder, home=tmp_path, verify=False)
    old = report.table.read_bytes()
    program = f"""
import os, signal, sys
from archenc.tables import content, import_benchmark, importer
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
moment = {moment!r}
if moment == "writing":
    import archenc.store.parquet as parquet
    write = parquet.pq.write_table
    def half(table, where, **options):
        write(table, where, **options); where.write_bytes(where.read_bytes()[:500]); die()
    parquet.pq.write_table = half
if moment == "between table and report":
    importer.write_json = die
progress = die if moment == "reading" else None
import_benchmark("nb201", sys.argv[1], home=sys.argv[2], verify=False, progress=progress)
"""
    (folder / "nats_bench.csv").write_text(CSV + ROW.replace("10,1", "11,1"))
    done = subprocess.run([sys.executable, "-c", program, str(folder), str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (report.table.read_bytes() == old) == (moment != "between table and report")
    again = import_benchmark("nb201", folder, home=tmp_path, verify=False)
    assert again.table.read_bytes() != old


def test_a_space_without_an_importer(folder: Path):
    with pytest.raises(UnknownName, match="nb999"):
        import_benchmark("nb999", folder)
