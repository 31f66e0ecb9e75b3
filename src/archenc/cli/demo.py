"""`archenc demo`: the main job on NAS-Bench-201, from public files to a report, in a few minutes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from archenc.errors import DataError

_METRIC = "cifar10_val_accuracy_200ep"
_HOME = Path(".archenc")
_NEEDED = ("nb201/Cifar10-NB201.csv", "nb201/nb201_zc_proxies.csv")  # the accuracies, and 13 scores


def demo(
    report: Annotated[Path, typer.Option(help="Write the page there.")] = Path("demo.html"),
    trials: Annotated[int, typer.Option(min=1, help="Paired trials for each number.")] = 3,
    train: Annotated[str, typer.Option(help="Numbers of training architectures.")] = "7,39,78",
) -> None:
    """Evaluate a few predictors on NAS-Bench-201 and write a report.

    Takes the table that `archenc data import nb201` made; else imports the public files from the folder
    named by ARCHENC_SHARED_DATA (default: ../shared/data), or those that `archenc data pull` fetched, into
    .archenc/. Finished trials are kept there too.
    """
    from archenc.cli.evaluate import evaluate

    table = _table()
    evaluate(
        space=str(table),
        metric=_METRIC,
        predictor="recommended,flan:timesteps=1,extra_trees",
        encoder="zero_cost",
        scores="13",
        train=train,
        trials=trials,
        metrics="kendall_tau,spearman",
        out=_HOME / "demo",
        jobs=min(4, os.cpu_count() or 1),
        report=report,
    )


def _table() -> Path:
    """Return the imported table; import it where it is not there yet."""
    from archenc.tables import import_benchmark, stored_path

    for path in (stored_path("nasbench201"), stored_path("nasbench201", _HOME)):
        if path.exists():
            return path
    from archenc.tables.sources import files_folder

    named = Path(os.environ.get("ARCHENC_SHARED_DATA") or Path("..") / "shared" / "data")
    folder = next((place for place in (named, files_folder()) if not _missing(place)), None)
    if folder is None:
        raise DataError(_what_to_do(named, _missing(named)))
    typer.echo(f"Importing NAS-Bench-201 from {folder} (once, a few seconds)", err=True)
    import_benchmark("nasbench201", folder / "nb201", home=_HOME)
    return stored_path("nasbench201", _HOME)


def _missing(folder: Path) -> list[str]:
    return [name for name in _NEEDED if not (folder / name).is_file()]


def _what_to_do(folder: Path, missing: list[str]) -> str:
    from archenc.tables.sources import known_files

    known = known_files("nasbench201")
    files = "\n".join(f"  {name}\n      {known[name].url}" for name in missing)
    return (
        f"the demo needs public files of NAS-Bench-201, and {folder.resolve()} lacks\n{files}\n"
        f"Fetch them, a few megabytes, with\n  archenc data pull {' '.join(missing)}\n"
        "or put them into a folder under these names and say which one it is:\n"
        "  ARCHENC_SHARED_DATA=/path/to/folder make demo"
    )
