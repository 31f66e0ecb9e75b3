"""The files that archenc knows: size, checksum, licence and origin of each, and where they lie on disk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

from archenc.errors import DataError, UnknownName
from archenc.store import file_sha256, home

NONE_STATED = "none stated"
"""The licence of a repository without a licence: it grants no right to redistribute."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One public file: facts about it, none of its content.

    name: `folder/file`. bytes, sha256: of the version that archenc has been tested with; None where nobody
    published them, or where the file is a user's own. licence: of the origin repository ("none stated": it
    grants no right to redistribute). repository, commit, path: where it comes from, as far as there is such a
    place. url: the pinned address, None where there is none. derived: whether it was computed from that
    origin, and so is published nowhere. note: how to do without a derived file, or what else to know. papers:
    to be cited, the benchmark's first. official: a distribution of the benchmark's authors, large, fetched
    only when it is asked for by its own name. page: where users get it.
    """

    name: str
    bytes: int | None
    sha256: str | None
    licence: str
    repository: str | None
    commit: str | None
    path: str | None
    url: str | None
    derived: bool
    note: str = ""
    papers: tuple[str, ...] = ()
    official: bool = False
    page: str | None = None

    @property
    def pullable(self) -> bool:
        """Whether archenc can fetch it: only with an address and a checksum to hold the content against."""
        return self.url is not None and self.sha256 is not None

    @property
    def origin(self) -> str:
        """Where it comes from, in one line: `repository@commit`, as far as there is one."""
        return "@".join(part for part in (self.repository, self.commit) if part) or "computed"

    def verify(self, path: Path) -> bool:
        """Compare a file on disk with the facts; return False where no checksum of it is known.

        Raises DataError when truncated or altered.
        """
        try:
            size = path.stat().st_size
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error})") from error
        if self.sha256 is None:
            return False
        fits = self.bytes is None or size == self.bytes
        found = file_sha256(path) if fits else None
        if found != self.sha256:
            expected = f"{self.bytes:,} bytes with SHA-256" if self.bytes is not None else "SHA-256"
            what = f"SHA-256 {found}" if found else f"{size:,} bytes"
            commit = f" (commit {self.commit[:12]})" if self.commit else ""
            raise DataError(
                f"{path}: truncated or altered: expected {expected} {self.sha256}, "
                f"found {what}. Fetch it again from {self.repository}{commit}; to import "
                f"another version of the file knowingly, give verify=False (--no-verify)"
            )
        return True


@dataclass(frozen=True, slots=True)
class KnownBenchmark:
    """The public files of a benchmark.

    name: the space's, or the folder's where archenc has no such space yet. title: in words. spaces: search
    spaces that the files are about. paper: to be cited. files: in the order of the catalogue.
    """

    name: str
    title: str
    spaces: tuple[str, ...]
    paper: str
    files: tuple[KnownFile, ...]


@cache
def known_benchmarks() -> dict[str, KnownBenchmark]:
    """Return every benchmark of the packaged catalogue by name, sorted."""
    folder = files("archenc.tables") / "catalogue"
    repositories = json.loads((folder / _REPOSITORIES).read_text("utf-8"))
    texts = [
        entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".json") and entry.name != _REPOSITORIES
    ]
    members = [_benchmark(json.loads(text), repositories) for text in texts]
    return {member.name: member for member in sorted(members, key=lambda member: member.name)}


def known_files(catalogue: str) -> dict[str, KnownFile]:
    """Return the files of one benchmark ("nasbench201") or space by name. Raises UnknownName."""
    for member in known_benchmarks().values():
        if catalogue == member.name or catalogue in member.spaces:
            return {file.name: file for file in member.files}
    raise UnknownName(f"catalogue={catalogue!r}: archenc knows no files of that benchmark")


def files_folder(at: str | Path | None = None) -> Path:
    """Return the folder of pulled files, `files` in archenc's home; `folder/file` lies there by that name.

    at: the home; default $ARCHENC_HOME or the XDG data folder.
    """
    return home(at) / "files"


def locate(names: Iterable[str], folder: str | Path) -> dict[str, Path]:
    """Find files by catalogue name (`nb201/x.csv`) in a folder; return those that are there.

    The folder may hold the sub-folders of the catalogue, be one of them (its sisters are then searched too),
    or hold all files flat; an archive `x.tar` may lie there unpacked, as the folder `x`. Raises DataError
    when the folder does not exist.
    """
    base = Path(folder).expanduser()
    if not base.is_dir():
        raise DataError(f"{base}: no such folder")
    found: dict[str, Path] = {}
    names = list(names)
    folders = {PurePosixPath(name).parent.name for name in names}
    roots = [base, base.resolve().parent] if base.resolve().name in folders else [base]
    for name in names:
        candidates = [*(root / name for root in roots), base / PurePosixPath(name).name]
        unpacked = [path.with_suffix("") for path in candidates if path.suffix == ".tar"]
        usable = [*filter(Path.is_file, candidates), *filter(Path.is_dir, unpacked)]
        if usable:
            found[name] = usable[0]
    return found


_REPOSITORIES = "repositories.json"


def _benchmark(entry: dict[str, Any], repositories: dict[str, str | None]) -> KnownBenchmark:
    """Build a benchmark of its entry; a file cites the benchmark, its repository, and its own paper."""

    def file(fields: dict[str, Any]) -> KnownFile:
        cited = (entry["paper"], repositories.get(fields["repository"]), fields.pop("paper", None))
        return KnownFile(**fields, papers=tuple(dict.fromkeys(paper for paper in cited if paper)))

    members = tuple(file(dict(fields)) for fields in entry["files"])
    return KnownBenchmark(entry["name"], entry["title"], tuple(entry["spaces"]), entry["paper"], members)
