"""All networks of a folder described, each file once: what is known of it is kept until it changes."""

from __future__ import annotations

import math
import sys
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, final

from archenc.deadlines import in_time
from archenc.errors import DataError, InvalidArgument, shown
from archenc.pipelines.candidates.describing import SCORES, Description, describe
from archenc.pipelines.candidates.imports import imported
from archenc.pipelines.candidates.loading import HELPER, Candidate, NoCandidate, load, python_files
from archenc.predictors.checks import check_number
from archenc.proxies import Inputs
from archenc.store import Journal, content_key, file_sha256

_VERSION = 6
"""Of the descriptions: a change that alters numbers counts it up, and older ones are made again."""

ANY = "**"
"""Among the arguments that a file's networks take: one takes whatever it is given."""

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
    """A file whose candidates are asked for (no name), or one of them."""

    file: Path
    file_key: str
    name: str = ""

    @property
    def key(self) -> str:
        return content_key(self.file_key, self.name)


def describe_folder(
    folder: str | Path,
    inputs: Inputs,
    scores: Sequence[str] = SCORES,
    *,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    cache: str | Path | None = None,
    jobs: int = 1,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Described:
    """Describe every candidate of a folder. The code of its files is run.

    seed: of the weights and of what scores draw. options: keyword arguments for what builds the networks,
    such as num_classes=10. cache: a file that keeps what is known of each file and network under the name and
    the digest of the file, of those that it imports from the folder, of the helpers there (`_*.py`) and of
    the arguments: with it, a killed run goes on. jobs: processes. seconds: run the code in processes of its
    own, and end what takes longer, a file or a network; None: in this one, without a limit, if jobs is 1.
    A candidate, or a file, that fails is reported with the reason, does not stop the others, and is tried
    again next time.
    Raises DataError: no such folder, no Python file in it, or a damaged cache; InvalidArgument, also for an
    option that nothing takes.
    """
    if seconds is not None:
        check_number("seconds", seconds, open_end=True)
    files = python_files(folder)
    work = Work(inputs, tuple(scores), seed, dict(options or {}))
    common = _common_key(Path(folder), work)
    journal = None if cache is None else Journal(cache)
    known = {} if journal is None else {record["key"]: record for record in journal}
    listings = [_Item(path, content_key(common, _file_key(path))) for path in files]
    waiting: deque[_Item] = deque()
    offers: dict[Path, list[str]] = {}
    arguments: dict[Path, list[str]] = {}
    found, failures, cached, done = {}, {}, 0, 0

    def take(item: _Item, record: Mapping[str, Any]) -> None:
        """Keep what is known of a file or a network; of a file, hand in its networks."""
        if not item.name:
            arguments[item.file] = record.get("arguments", [])
        if "offers" in record:
            offers[item.file] = record["offers"]
            _refuse_twins(folder, offers)
            mine = [_Item(item.file, item.file_key, name) for name in record["offers"]]
            nonlocal cached
            for one in mine:
                if one.key in known:
                    cached += 1
                    take(one, known[one.key])
                else:
                    waiting.append(one)
        elif "failure" in record:
            failures[item.name or item.file.stem] = record["failure"]
        else:
            found[item.name] = Description(record["features"], record["text"], record["reasons"])
        if not item.name and len(arguments) == len(files) and offers:
            _refuse_unused(work.options, {name for known in arguments.values() for name in known})

    for item in listings:
        if item.key in known:
            take(item, known[item.key])
        else:
            waiting.append(item)
    for item, record in _worked_on(work, waiting, jobs, seconds):
        if journal is not None and "failure" not in record:  # a package may be installed, memory freed
            journal.append({"key": item.key, "candidate": item.name, **record})
        take(item, record)
        if item.name:
            done += 1
            if progress is not None:
                progress(cached + done, sum(map(len, offers.values())), item.name)
    order = [name for path in files for name in offers.get(path, [])]
    return Described({name: found[name] for name in order if name in found}, failures, cached)


def work_on(work: Work, item: _Item) -> dict[str, Any]:
    """Say which candidates a file offers, or describe one, or say why not."""
    with redirect_stdout(sys.stderr):  # what a user's code prints is no part of a ranking
        try:
            offered = {one.name: one for one in _offered(item.file, item.file_key)}
            if not item.name:
                return {"offers": list(offered), "arguments": _arguments(offered.values())}
            if item.name not in offered:
                raise NoCandidate(f"{item.file} no longer defines it")
            module = offered[item.name].build(work.seed, work.options)
            return describe(module, work.inputs, work.scores, seed=work.seed).to_dict()
        except NoCandidate as reason:
            return {"failure": str(reason)}
        except (Exception, SystemExit) as error:  # a user's code may raise anything in its forward pass
            said = (str(error).strip() or "no message").splitlines()[0]
            return {"failure": f"{type(error).__name__}: {said}"}


@lru_cache(maxsize=4)
def _offered(path: Path, key: str) -> tuple[Candidate, ...]:
    """Return the candidates of a file, which is run once for all of them. key: of what it holds."""
    del key
    return tuple(load(path))


def _arguments(offered: Iterable[Candidate]) -> list[str]:
    """Return the names of all arguments that candidates take, `ANY` among them where one takes any."""
    found = [one.parameters() for one in offered]
    return sorted({name for names, _ in found for name in names} | {ANY for _, anything in found if anything})


def _worked_on(
    work: Work, waiting: deque[_Item], jobs: int, seconds: float | None
) -> Generator[tuple[_Item, dict[str, Any]]]:
    """Yield what became of every item."""
    if seconds is None and jobs == 1:
        while waiting:
            item = waiting.popleft()
            yield item, work_on(work, item)
        return
    for outcome in in_time(work_on, work, waiting, math.inf if seconds is None else seconds, jobs=jobs):
        yield outcome.item, outcome.result or {"failure": outcome.failure}


def _refuse_unused(options: Mapping[str, Any], known: Collection[str]) -> None:
    for name in options:
        if name not in known and ANY not in known:
            raise InvalidArgument(
                f"options: no network takes {shown(name)}; legal: {', '.join(sorted(known)) or 'none'}"
            )


def _refuse_twins(folder: str | Path, offers: Mapping[Path, Sequence[str]]) -> None:
    names = Counter(name for offered in offers.values() for name in offered)
    if twins := sorted(name for name, times in names.items() if times > 1):
        raise DataError(f"{folder}: the name {twins[0]!r} belongs to two candidates; rename one")


def _file_key(path: Path) -> str:
    """Return the key of a file: of its name, by which its networks are called, and of what it is made of."""
    others = {str(one.relative_to(path.parent)): file_sha256(one) for one in imported(path)}
    return content_key(path.name, file_sha256(path), others)


def _common_key(folder: Path, work: Work) -> str:
    helpers = {path.name: file_sha256(path) for path in sorted(folder.glob(f"{HELPER}*.py"))}
    options = {name: repr(value) for name, value in work.options.items()}
    return content_key(_VERSION, helpers, work.inputs.key, list(work.scores), work.seed, options)
