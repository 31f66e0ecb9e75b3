"""711 cells: every task at its best epoch, and 11 proxies with seconds."""

from __future__ import annotations

from pathlib import Path

from archenc.suite_zero import PROXIES
from archenc.tables.importers.suite_zero import proxy_fields, read_scores, scores_sheet, seconds
from archenc.tables.importers.transnasbench101.tasks import TASKS, measure
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.readers import reading

_PROXIES = tuple(proxy for proxy in PROXIES if proxy not in ("synflow", "zen"))


def _read(path: Path) -> list[Sheet]:
    """Read `{task: {six numbers: {val_accuracy, proxy: {score, time}}}}`."""
    tasks = read_scores(path, {task: task for task in TASKS})
    with reading(path):
        return [scores_sheet(task, rows, _PROXIES) for task, rows in tasks.items()]


def _quirk(task: str, proxy: str) -> str:
    """Return what a proxy of this file is known not to say."""
    if proxy == "epe_nas" and task != "jigsaw":
        return "the source has a sentinel for every cell of this task, so all are missing"
    if proxy == "flops" and task == "jigsaw":
        return "the encoder is counted once, though it sees nine tiles"
    return ""


def _fields(task: str) -> tuple[Field, ...]:
    return (
        Field(f"{task} val_accuracy", measure(task, "best")),
        *(
            field
            for proxy in _PROXIES
            for field in proxy_fields(task, proxy, 32, f"{task} {proxy} score", note=_quirk(task, proxy))
        ),
        *(Field(f"{task} {proxy} time", seconds(task, proxy, "zc32_")) for proxy in _PROXIES),
    )


SOURCES = (
    Source(
        "tnb101/zc_transbench101_micro.json",
        _read,
        tuple(field for task in TASKS for field in _fields(task)),
    ),
)
