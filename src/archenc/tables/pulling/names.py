"""Which files a user means: a benchmark, a folder of the catalogue, or a file."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from archenc.errors import DataError, UnknownName
from archenc.spaces import space
from archenc.tables.sources import KnownBenchmark, KnownFile, known_benchmarks


@dataclass(frozen=True, slots=True)
class Selection:
    """Files to fetch.

    left_out: files of the same benchmarks that are not fetched with them. importable: names of the benchmarks
    that were asked for as a whole and that archenc can import.
    """

    files: tuple[KnownFile, ...]
    left_out: tuple[KnownFile, ...]
    importable: tuple[str, ...]


def benchmark_named(name: str) -> KnownBenchmark | None:
    """Return the benchmark of the catalogue with this name, folder, space or alias of a space, or None."""
    try:
        wanted = {name, space(name).name}
    except UnknownName:
        wanted = {name}
    for member in known_benchmarks().values():
        if wanted & {member.name, _folder(member), *member.spaces}:
            return member
    return None


def select(names: Sequence[str]) -> Selection:
    """Find the files that names stand for, each once, in the order of the catalogue.

    names: benchmarks ("nasbench201", "nb201"): all that archenc can fetch but the official distributions,
    which are large; or files, with their folder ("nb201/nats_bench.csv") or without.
    Raises UnknownName, which lists near names, and DataError: a file that cannot be fetched; it says why, and
    what to do instead.
    """
    wanted: dict[str, KnownFile] = {}
    left: dict[str, KnownFile] = {}
    importable: dict[str, None] = {}
    for name in names:
        member = benchmark_named(name)
        if member is None:
            file = _file(name)
            if not file.pullable:
                raise DataError(f"{file.name} cannot be pulled: {why_not(file)}")
            wanted[file.name] = file
            continue
        if member.name in member.spaces:  # a catalogue of many spaces is imported space by space
            importable[member.name] = None
        for file in member.files:
            fetched = file.pullable and not file.official
            (wanted if fetched else left)[file.name] = file
    apart = tuple(file for name, file in left.items() if name not in wanted)
    return Selection(tuple(wanted.values()), apart, tuple(importable))


def why_not(file: KnownFile) -> str:
    """Return why archenc does not fetch a file by the name of its benchmark, and where users get it."""
    page = f" ({file.page})" if file.page else ""
    if file.pullable:
        return f"official distribution, pulled by its own name: {file.note}{page}"
    return f"{'derived' if file.derived else 'no SHA-256 is published'}: {file.note}{page}"


def _folder(member: KnownBenchmark) -> str:
    return PurePosixPath(member.files[0].name).parent.name


def _file(name: str) -> KnownFile:
    known = {file.name: file for member in known_benchmarks().values() for file in member.files}
    if name in known:
        return known[name]
    called = [file for file in known.values() if PurePosixPath(file.name).name == name]
    if len(called) == 1:
        return called[0]
    if called:
        raise UnknownName(f"{name!r} is ambiguous: {', '.join(file.name for file in called)}")
    short = {PurePosixPath(full).name: full for full in known}
    folders = [_folder(member) for member in known_benchmarks().values()]
    near = difflib.get_close_matches(name, [*known_benchmarks(), *folders, *known, *short], n=3)
    full = dict.fromkeys(short.get(match, match) for match in near)
    hint = f"did you mean {', '.join(full)}? " if full else ""
    raise UnknownName(
        f"{name!r} is neither a benchmark nor a file of the catalogue; {hint}known benchmarks: "
        f"{', '.join(known_benchmarks())}; files: archenc data list NAME"
    )
