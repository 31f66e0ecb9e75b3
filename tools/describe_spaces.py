"""Write docs/spaces.md: what each search space is, what is known about it, and what was checked on the way.

python tools/describe_spaces.py docs/spaces.md --from ../shared/data

--from: the folder of the public files; it is imported into a throw-away home, so that the page describes what
a user gets. --only: describe some spaces anew and keep the rest of the page. Every check is run; where one
fails the run ends, and the page keeps what it said of that space. About five minutes on one core, most of it
for the 423,624 rows of NAS-Bench-101 in each of their spellings; --every N takes each Nth row of so large a
table, and the page says so.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from textwrap import shorten

import space_checks as checks

from archenc.errors import ArchencError
from archenc.graph.forms import default_form
from archenc.spaces import SearchSpace, space, spaces
from archenc.store import write_text
from archenc.tables import BenchmarkTable, Metric, import_benchmark
from archenc.tables.packaged import packaged

HEAD = """# Search spaces

Written by a command, which runs every check that it names:

    python tools/describe_spaces.py docs/spaces.md --from ../shared/data

`archenc.space(name)` gives a space. *Unique* counts the different `Architecture.id()`, in the
[canonical form](canonical-forms.md) that is the default for the kind of cell. Table rows and metrics are
those of `archenc data import`, given the public files, or of a table that comes with archenc. For a space of
your own, inherit `archenc.testing.SpaceKit` in a test and name the space in an entry point of the group
`archenc.spaces`.

"""
COLUMNS = (
    "| space | also | size | unique | nodes | operations | table rows | metrics |\n"
    "|---|---|---|---|---|---|---|---|\n"
)
UNITS = {
    "score": "scores",
    "s": "times (s)",
    "ms": "latencies (ms)",
    "mJ": "energies (mJ)",
    "millions": "in millions",
    "percent": "in percent",
    "parameters": "number of parameters",
    "not stated": "without a stated unit",
}
"""How the metrics of a unit are called; other units are put in brackets."""
ARROWS = {"max": "higher is better", "min": "lower is better", None: "no direction"}


def main() -> None:
    """Check every space, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("--from", dest="folder", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--only", nargs="+", default=spaces(), choices=spaces(), metavar="SPACE")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    chosen = parser.parse_args()
    for name in chosen.only:
        start = time.process_time()
        with tempfile.TemporaryDirectory() as home:
            line, section = described(space(name), chosen.folder, Path(home), chosen.every)
        parts = {**read(chosen.page), name: (line, section)}  # read late: another run may have written
        kept = [parts[each] for each in spaces() if each in parts]
        text = HEAD + COLUMNS + "\n".join(line for line, _ in kept) + "\n\n"
        write_text(chosen.page, text + "\n".join(section for _, section in kept))
        print(f"{name}: {time.process_time() - start:.0f} s of processor time", file=sys.stderr)


def read(page: Path) -> dict[str, tuple[str, str]]:
    """Return the line and the section of each space on a page, by its name; empty without a page."""
    text = page.read_text() if page.is_file() else ""
    lines = dict(re.findall(r"^(?=\| \[`(\w+)`\])(.*)$", text, re.MULTILINE))
    sections = dict(re.findall(r"^(?=## (\w+)\n)(.*?\n)(?=\n## |\Z)", text, re.MULTILINE | re.DOTALL))
    return {name: (line, sections[name]) for name, line in lines.items() if name in sections}


def described(member: SearchSpace, folder: Path, home: Path, every: int = 1) -> tuple[str, str]:
    """Return the line of a space in the first table, and its section."""
    table = imported(member.name, folder, home)
    own = shipped(member.name)
    unique = checks.classes(member, table)
    form = default_form(member.sample(1, 0)[0].cells)
    size = "not known" if member.size is None else f"{member.size:,}"
    cells = [
        f"[`{member.name}`](#{member.name})",
        ", ".join(f"`{name}`" for name in member.aliases),
        size,
        f"{unique[form]:,} (`{form}`)" if form in unique else "not counted",
        member.max_nodes,
        ", ".join(f"`{op.name}`" for op in member.ops),
        *tables_line(table, own),
    ]
    line = "| " + " | ".join(map(str, cells)) + " |"
    parts = [f"## {member.name}\n", about(member), *spellings(member), *counted(unique)]
    if table:
        parts += metrics(table)
    for name, one in own.items():
        parts += [f"The table `{name}` comes with archenc: {len(one):,} architectures.\n", *metrics(one)]
    if not table and not own:
        parts.append("No table: none of the public files at hand is about this space.\n")
    said = [*checks.run(member, table, folder, every), *checks.shipped(member, own)]
    parts += ["**Checked.**\n", *(f"* {sentence}" for sentence in said), ""]
    return line, "\n".join(parts)


def tables_line(table: BenchmarkTable | None, own: dict[str, BenchmarkTable]) -> tuple[str, str]:
    """Return rows and metrics of the table of a space, or else of those that come with archenc."""
    if table:
        return f"{len(table):,}", str(len(table.metrics))
    if own:
        rows = ", ".join(f"{len(one):,} (`{name}`)" for name, one in own.items())
        return rows, ", ".join(str(len(one.metrics)) for one in own.values())
    return "no table", "0"


def shipped(name: str) -> dict[str, BenchmarkTable]:
    """Return the tables of a space that come with archenc."""
    tables = {table: BenchmarkTable.open(table) for table in packaged()}
    return {table: one for table, one in tables.items() if one.space == name}


def imported(name: str, folder: Path, home: Path) -> BenchmarkTable | None:
    """Import the public files of a space, None where there are none."""
    try:
        import_benchmark(name, folder, home=home)
    except ArchencError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None
    return BenchmarkTable.open(name, home)


def about(member: SearchSpace) -> str:
    """Return what the space says of itself: the docstrings of its module and of its class.

    Of the spaces of one class the first says it, the others what they are made with.
    """
    first = next(name for name in spaces() if type(space(name)) is type(member))
    if first != member.name and is_dataclass(member):
        given = ((field.name, getattr(member, field.name), field.default) for field in fields(member))
        own = [f"`{name}={value!r}`" for name, value, usual in given if name != "name" and value != usual]
        return f"Of the kind of [`{first}`](#{first}), which says what it is; {', '.join(own)}.\n"
    module = sys.modules[type(member).__module__].__doc__ or ""
    return "\n\n".join(text.strip() for text in (module, _unindented(type(member).__doc__ or ""))) + "\n"


def spellings(member: SearchSpace) -> Iterator[str]:
    """Yield the table of spellings."""
    yield "| style | example |\n|---|---|"
    for style, text in checks.examples(member):
        cell = html.escape(shorten(text, 160, placeholder=" ..."), quote=False).replace("|", "&#124;")
        yield f"| `{style}` | <code>{cell}</code> |"
    yield ""


def counted(unique: dict[str, int]) -> Iterator[str]:
    """Yield the number of classes under each form, if there is more than the default one."""
    if len(unique) > 1:
        yield "| form | " + " | ".join(f"`{form}`" for form in unique) + " |"
        yield "|---" * (len(unique) + 1) + "|"
        yield "| classes | " + " | ".join(f"{n:,}" for n in unique.values()) + " |\n"


def metrics(table: BenchmarkTable) -> Iterator[str]:
    """Yield a line a data set: what was measured on networks, and how much else there is."""
    by_dataset: dict[str, list[Metric]] = {}
    for metric in table.metrics.values():
        by_dataset.setdefault(metric.dataset.replace("none", ""), []).append(metric)
    yield "| data set | quality: metric, rows, unit | the rest |\n|---|---|---|"
    for dataset, members in by_dataset.items():
        quality = [metric for metric in members if metric.split]
        said = [f"`{m.name}` {len(table.select(m.name)):,}, {m.unit}, {ARROWS[m.direction]}" for m in quality]
        rest = Counter(UNITS.get(m.unit, f"({m.unit})") for m in members if not m.split)
        others = ", ".join(f"{n} {unit}" for unit, n in rest.most_common())
        yield f"| {dataset or 'of no data set'} | {'<br>'.join(said)} | {others} |"
    if table.absent:
        yield f"\n{len(table.absent)} further metrics would come from files that were not there."
    yield ""


def _unindented(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


if __name__ == "__main__":
    main()
