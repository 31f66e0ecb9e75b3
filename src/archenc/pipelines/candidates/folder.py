"""All networks of a folder described, each file once: what is known of it is kept until it changes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, final

from archenc.errors import DataError
from archenc.pipelines.candidates.describing import SCORES, Description, describe
from archenc.pipelines.candidates.loading import HELPER, Candidate, NoCandidate, load, python_files
from archenc.processes import in_processes
from archenc.proxies import Inputs
from archenc.store import Journal, content_key, file_sha256

_VERSION = 1
"""Of the descriptions: a change that alters numbers counts it up, and older ones are made again."""

Progress = Callable[[int, int, str], None]
"""Called with the networks done, those there are, and the name of the last."""


@final
@dataclass(frozen=True)
class Described:
    """The networks of a folder: descriptions by name, and why others have none.

    cached: how many were known from before.
    """

    descriptions: dict[str, Description] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    cached: int = 0


@final
@dataclass(frozen=True)
class Work:
    """What every network is described with: it travels to other processes."""

    inputs: Inputs
    scores: tuple[str, ...]
    seed: int
    options: Mapping[str, Any]


@final
@dataclass(frozen=True)
class _Item:
    name: str
    file: Path
    file_key: str
    key: str


def describe_folder(
    folder: str | Path,
    inputs: Inputs,
    scores: Sequence[str] = SCORES,
    *,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    cache: str | Path | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Described:
    """Describe every candidate of a folder. The code of its files is run.

    seed: of the weights and of what scores draw. options: keyword arguments for what builds the networks,
    such as num_classes=10. cache: a file that keeps each description under the digest of the file it comes
    from, of the helpers in the folder (`_*.py`) and of the arguments: with it, a killed run goes on. jobs:
    processes.
    A candidate, or a file, that fails is reported with the reason and does not stop the others.
    Raises DataError: no such folder, no Python file in it, or a damaged cache.
    """
    files = python_files(folder)
    work = Work(inputs, tuple(scores), seed, dict(options or {}))
    common = _common_key(Path(folder), work)
    journal = None if cache is None else Journal(cache)
    known = {} if journal is None else {record["key"]: record for record in journal}
    found, failures, cached = {}, {}, 0
    items: list[_Item] = []
    for path in files:
        key = content_key(common, file_sha256(path))
        try:
            offered = [one.name for one in _offered(path, key)]
        except NoCandidate as reason:
            failures[path.stem] = str(reason)
            continue
        items += [_Item(name, path, key, content_key(key, name)) for name in offered]
    twice = sorted({item.name for item in items if sum(one.name == item.name for one in items) > 1})
    if twice:
        raise DataError(f"{folder}: the name {twice[0]!r} belongs to two candidates; rename one")
    left = []
    for item in items:
        if record := known.get(item.key):
            cached += 1
            _keep(record, found, failures)
        else:
            left.append(item)
    done = len(items) - len(left)
    for record in _work_on(work, left, jobs):
        if journal is not None:
            journal.append(record)
        _keep(record, found, failures)
        done += 1
        if progress is not None:
            progress(done, len(items), record["candidate"])
    order = [item.name for item in items]
    return Described({name: found[name] for name in order if name in found}, failures, cached)


def work_on(work: Work, item: _Item) -> dict[str, Any]:
    """Describe one candidate, or say why not."""
    record: dict[str, Any] = {"key": item.key, "candidate": item.name}
    try:
        offered = {one.name: one for one in _offered(item.file, item.file_key)}
        if item.name not in offered:
            raise NoCandidate(f"{item.file} no longer defines it")
        module = offered[item.name].build(work.seed, work.options)
        return record | describe(module, work.inputs, work.scores, seed=work.seed).to_dict()
    except NoCandidate as reason:
        return record | {"failure": str(reason)}
    except Exception as error:  # a user's code may raise anything in its forward pass
        said = (str(error).strip() or "no message").splitlines()[0]
        return record | {"failure": f"{type(error).__name__}: {said}"}


@lru_cache(maxsize=4)
def _offered(path: Path, key: str) -> tuple[Candidate, ...]:
    """Return the candidates of a file, which is run once for all of them. key: of what it holds."""
    del key
    return tuple(load(path))


def _work_on(work: Work, items: Sequence[_Item], jobs: int) -> Generator[dict[str, Any]]:
    if jobs > 1 and len(items) > 1:
        yield from in_processes(work_on, work, items, jobs, kept="every described network")
        return
    for item in items:
        yield work_on(work, item)


def _keep(record: Mapping[str, Any], found: dict[str, Description], failures: dict[str, str]) -> None:
    if "failure" in record:
        failures[record["candidate"]] = record["failure"]
    else:
        found[record["candidate"]] = Description(record["features"], record["text"], record["reasons"])


def _common_key(folder: Path, work: Work) -> str:
    helpers = {path.name: file_sha256(path) for path in sorted(folder.glob(f"{HELPER}*.py"))}
    options = {name: repr(value) for name, value in work.options.items()}
    return content_key(_VERSION, helpers, work.inputs.key, list(work.scores), work.seed, options)
