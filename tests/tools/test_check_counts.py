"""The tool that compares counts: equal rows count as equal, others with their difference."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest

from archenc import networks, space

ROOT = Path(__file__).resolve().parents[2]
CODES = [(0, 2, 3, 2, 3, 1), (1,) * 6]


class Serial:
    """A pool of one, in this process."""

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, function: Callable[..., Any], parts: Iterable[Any]) -> Iterator[Any]:
        return map(function, parts)


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool, with a score file of two rows: one as it is, one with a parameter too many."""
    spec = importlib.util.spec_from_file_location("check_counts", ROOT / "tools" / "check_counts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "check_counts", module)
    spec.loader.exec_module(module)
    rows = {}
    for excess, code in enumerate(CODES):
        params, flops, _ = networks.count(networks.build(space("nb201").parse(code), device="meta"))
        rows[str(code)] = {"params": {"score": (params + excess) / 1e6}, "flops": {"score": flops / 1e6}}
    (tmp_path / "scores.json").write_text(json.dumps({"cifar10": rows}))
    check = module.Check("nasbench201", "cifar10", "scores.json", module.from_suite_zero, "cifar10")
    for name, value in {
        "DATA": tmp_path,
        "RESULTS": tmp_path,
        "CHECKS": (check,),
        "ProcessPoolExecutor": Serial,
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


def test_a_difference_is_reported_and_fails(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["check_counts.py"])
    assert tool.main() == 1
    head, row = (tmp_path / "network_counts.csv").read_text().splitlines()
    found = dict(zip(head.split(","), row.split(","), strict=True))
    assert (found["rows"], found["rows_in_file"]) == ("2", "2")
    assert (found["params_equal"], found["flops_equal"], found["largest_difference"]) == ("1", "2", "1")
    assert (
        "| nasbench201 | cifar10 | scores.json | 2 | 2 | 1 | 2 | 1 |"
        in (tmp_path / "network_counts.md").read_text()
    )


def test_one_space_again_keeps_the_lines_of_the_others(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = dict.fromkeys(tool.COLUMNS, "") | {"space": "other", "rows": "7", "largest_difference": "0"}
    target = tmp_path / "network_counts.csv"
    target.write_text(f"{','.join(tool.COLUMNS)}\n{','.join(old.values())}\n")
    other = tool.Check("other", "", "", tool.from_suite_zero)
    monkeypatch.setattr(tool, "CHECKS", (other, *tool.CHECKS))
    monkeypatch.setattr(sys, "argv", ["check_counts.py", "--only", "nb201"])
    tool.main()
    assert [line.partition(",")[0] for line in target.read_text().splitlines()[1:]] == [
        "other",
        "nasbench201",
    ]


def test_a_fraction_of_a_parameter_is_no_count(tool: ModuleType) -> None:
    assert tool.millions("0.615386") == 615_386
    with pytest.raises(SystemExit, match="no whole number"):
        tool.millions("0.6153865")
