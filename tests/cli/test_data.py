from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from archenc.cli import data_views, printing
from archenc.cli.app import app
from archenc.tables import BenchmarkTable, Metric, stored_path

HEAD = (
    "ArchitectureString,UniqueString,"
    "CIFAR10TestAccuracy200Epochs,CIFAR100TestAccuracy200Epochs,ImageNetTestAccuracy200Epochs\n"
)
ROW = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,x,{},1,0.5\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """A folder with one public file, made up, of one architecture."""
    folder = tmp_path / "public"
    folder.mkdir()
    (folder / "nats_bench.csv").write_text(HEAD + ROW.format("10"))
    return folder


@pytest.fixture
def stored() -> BenchmarkTable:
    """A small table in archenc's home."""
    accuracy = Metric(
        "cifar10_val_accuracy_200ep", "cifar10", "accuracy", "val", 200, "fraction", "max", "one"
    )
    metrics = [
        replace(accuracy, source="a.csv", note="N"),
        Metric("cifar10_zen", "cifar10", "zen", source="b.csv"),
    ]
    columns = {"cifar10_val_accuracy_200ep": [0.9, 0.8, 0.7], "cifar10_zen": [1e6, np.nan, -5.25]}
    table = BenchmarkTable.from_columns("nb201", [17, 4, 99], columns, metrics)
    table.save(stored_path("nb201"))
    return table


def run(*arguments: object, status: int = 0) -> Result:
    result = CliRunner().invoke(app, ["data", *map(str, arguments)], env={"COLUMNS": "300"})
    assert result.exit_code == status, result.output
    return result


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_import_says_what_it_read_and_what_it_lacked(public: Path, home: Path):
    output = one_line(run("import", "nb201", "--from", public, "--no-verify").stdout)
    assert "nb201/nats_bench.csv │ 1 │ 4 │ not compared │ none stated" in output
    assert "nb201/nb201_zen.zip was not there; without it: cifar10_val_accuracy_200ep_one_run" in output
    assert f"15,625 architectures x 4 metrics in {home / 'tables/nasbench201.parquet'}" in output
    assert (home / "tables/nasbench201.import.json").is_file()


def test_import_into_another_home(public: Path, tmp_path: Path, home: Path):
    run("import", "nb201", "--from", public, "--no-verify", "--home", tmp_path / "other")
    assert (tmp_path / "other/tables/nasbench201.parquet").is_file()
    assert not home.exists()
    assert "cifar10_test_accuracy_200ep" in run("info", "nb201", "--home", tmp_path / "other").stdout


def test_import_prints_conflicts(public: Path):
    heading = "arch,cellstr," + ",".join(
        f"{dataset}-{split}" for dataset in ("cifar10", "cifar100", "imagenet") for split in ("test", "val")
    )
    cell = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    from archenc.spaces import space

    index = space("nb201").format(space("nb201").parse(cell), "index")
    (public / "mini_nb201_12ep.csv").write_text(f"{heading}\n{index},{cell},1,2,3,4,5,6\n")
    hw = "net,edgegpu_latency,edgegpu_energy,raspi4_latency,edgetpu_latency,pixel3_latency,eyeriss_latency,"
    hw += "eyeriss_energy,eyeriss_arithmetic_intensity,fpga_latency,fpga_energy\n"
    (public / "hw_cifar10.csv").write_text(hw + '"(1, 1, 1, 1, 1, 1)",1,2,3,4,5,6,7,8,9,10\n')
    assert "given by two files" not in run("import", "nb201", "--from", public, "--no-verify").stdout
    ntk = ",index,num_param,score,accuracy,score_nasi,score_naswot\n0,{},{},1,1,1,1\n"
    (public / "Cifar10-NB201.csv").write_text(ntk.format(index, 73306))
    names = "epe_nas,fisher,flops,grad_norm,grasp,jacov,l2_norm,nwot,params,plain,snip,synflow,zen"
    row = f'"(1, 1, 1, 1, 1, 1)",{cell},1,1,1,1,1,1,1,1,0.5,1,1,1,1'
    (public / "nb201_zc_proxies.csv").write_text(f"net,net_str,{names}\n{row}\n")
    output = one_line(run("import", "nb201", "--from", public, "--no-verify").stdout)
    assert "1 values are given by two files: 1 contradict each other" in output
    assert "73306.0 in nb201/Cifar10-NB201.csv, 500000.0 in nb201/nb201_zc_proxies.csv" in output
    assert "1 contradict each other" in run("info", "nb201").stdout
    error = run("import", "nb201", "--from", public, "--no-verify", "--on-conflict", "fail", status=2).stderr
    assert error.startswith("error: 1 contradicting values")
    assert "1 contradict" in one_line(run("info", "nb201", "cifar10_params").stdout)


def test_an_altered_file_stops_the_import(public: Path, home: Path):
    error = run("import", "nb201", "--from", public, status=2).stderr
    assert "nats_bench.csv: truncated or altered: expected 3,024,008 bytes" in error
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "nb209", "--from", "."], "did you mean nb201"),
        (["import", "nb201", "--from", "nowhere"], "nowhere: no such folder"),
        (["info", "nb201"], "archenc data import nb201 --from FOLDER"),
        (["query", "nb201", "SELECT 1"], "archenc data import nb201 --from FOLDER"),
    ],
)
def test_errors_are_one_message_and_status_2(arguments: list[str], message: str):
    result = run(*arguments, status=2)
    assert message in result.stderr
    assert result.stdout == ""


def test_info_lists_every_metric(stored: BenchmarkTable):
    output = one_line(run("info", "nb201").stdout)
    assert "metric ┃ dataset ┃ quantity ┃ split ┃ epochs ┃ unit ┃ direction ┃ runs ┃ rows ┃ source" in output
    assert (
        "cifar10_val_accuracy_200ep │ cifar10 │ accuracy │ val │ 200 │ fraction │ max │ one │ 3 │ a.csv"
        in output
    )
    assert "nasbench201: 3 architectures, 2 metrics" in output
    assert len(stored.metrics) == 2


@pytest.mark.parametrize(("columns", "shown"), [(80, "unit"), (120, "epochs"), (200, "source")])
def test_a_narrow_terminal_gets_fewer_columns_and_whole_ones(
    stored: BenchmarkTable, columns: int, shown: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(data_views, "console", lambda: Console(width=columns, highlight=False))
    output = run("info", "nb201").stdout
    assert max(map(len, output.splitlines())) <= columns
    assert "…" not in output
    head, *_ = (line for line in output.splitlines() if "metric" in line and "┃" in line)
    assert shown in head
    assert all(name in output for name in stored.metrics)
    assert ("in a wider window" in output) == (columns < 140)


@pytest.mark.usefixtures("stored")
def test_nothing_is_cut_where_a_row_is_too_wide(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("duckdb")
    monkeypatch.setattr(printing, "console", lambda: Console(width=60, highlight=False))
    output = run(
        "query", "nb201", "SELECT row, 123456789012 AS n, repeat('ab', 40) AS text FROM nb201"
    ).stdout
    assert "…" not in output
    assert output.count("a") == output.count("b") == 3 * 40


@pytest.mark.usefixtures("stored")
def test_info_about_some_and_about_one():
    assert "cifar10_zen" not in run("info", "nb201", "*accuracy*").stdout
    output = one_line(run("info", "nb201", "cifar10_zen").stdout)
    assert "missing 1 no value given" in output
    assert "minimum -5.25" in output
    assert "note N" in one_line(run("info", "nb201", "cifar10_val_accuracy_200ep").stdout)
    assert "near are cifar10_zen" in run("info", "nb201", "cifar10_zn", status=2).stderr
    assert "no metric of nasbench201 matches" in run("info", "nb201", "x*", status=2).stderr


@pytest.mark.usefixtures("stored")
def test_info_for_machines():
    rows = json.loads(run("info", "nb201", "--format", "json").stdout)
    assert [row["metric"] for row in rows] == ["cifar10_val_accuracy_200ep", "cifar10_zen"]
    assert rows[0]["epochs"] == 200
    (_, second) = csv.DictReader(io.StringIO(run("info", "nb201", "--format", "csv").stdout))
    assert (second["metric"], second["rows"], second["split"]) == ("cifar10_zen", "2", "")


@pytest.mark.usefixtures("stored")
def test_query_as_table_csv_and_json():
    pytest.importorskip("duckdb")
    sql = "SELECT row, cifar10_zen FROM nb201 ORDER BY row"
    assert "│ 1 │ │" in one_line(run("query", "nb201", sql).stdout)
    assert (
        run("query", "nb201", sql, "--format", "csv").stdout == "row,cifar10_zen\n0,1000000.0\n1,\n2,-5.25\n"
    )
    assert json.loads(run("query", "nb201", sql, "--format", "json").stdout)[1] == {
        "row": 1,
        "cifar10_zen": None,
    }


@pytest.mark.usefixtures("stored")
def test_query_by_columns_and_limit():
    pytest.importorskip("duckdb")
    asked = ["query", "nb201", "--columns", "row,cifar10_zen", "--format", "csv"]
    assert (
        run(*asked, "--where", "cifar10_zen IS NOT NULL").stdout == "row,cifar10_zen\n0,1000000.0\n2,-5.25\n"
    )
    limited = run(*asked, "--limit", "1")
    assert limited.stdout == "row,cifar10_zen\n0,1000000.0\n"
    assert "1 of 3 rows; more with --limit" in limited.stderr
    assert run("query", "nb201", "SELECT row FROM nb201 WHERE false", "--format", "csv").stdout == "row\n"


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give a SELECT, or --columns"),
        (["SELECT 1", "--columns", "row"], "give a SELECT, or --columns"),
        (["SELECT 1", "--where", "true"], "--where goes with --columns"),
        (["DROP TABLE nb201"], "expected one SELECT"),
        (["SELECT nothing FROM nb201"], "nothing"),
    ],
)
def test_a_query_that_cannot_be_answered(arguments: list[str], message: str):
    pytest.importorskip("duckdb")
    assert message in run("query", "nb201", *arguments, status=2).stderr


@pytest.mark.usefixtures("stored")
def test_a_damaged_table_is_refused(home: Path):
    path = home / "tables/nasbench201.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    assert "truncated or altered" in run("info", "nb201", status=2).stderr
