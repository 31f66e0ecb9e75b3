"""Pulling from a server that misbehaves; nothing leaves this machine."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from archenc.errors import DataError, UnknownName
from archenc.tables import Pulled, pull
from archenc.tables.pulling import names, partial
from archenc.tables.pulling.http import check_address
from archenc.tables.pulling.names import select
from archenc.tables.pulling.transfer import Patience

from . import web
from .public import CONTENT, LARGE, SMALL, catalogue, known
from .web import Web

NAME = "nb201/large.bin"
PATH = f"/{NAME}"
HALF = len(LARGE) // 2


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "known_benchmarks", catalogue)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "archenc_mirror"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Web]:
    with Web(dict(CONTENT)) as running:
        yield running


class Fetch:
    """Pulls one file; remembers what was said."""

    def __init__(self, server: Web, home: Path) -> None:
        self.server = server
        self.path = home / "files" / NAME
        self.part = home / "files" / f"{NAME}.part"
        self.said: list[str] = []
        self._home = home

    def __call__(self, name: str = NAME, **options: object) -> Pulled:
        given = {"home": self._home, "mirror": self.server.address, "backoff": 0.001, "timeout": 5.0}
        (pulled,) = pull(name, **{**given, **options}, progress=self._listen)  # type: ignore[arg-type]
        return pulled

    def fails(self, **options: object) -> str:
        """Pull what cannot be had: nothing is there under its own name."""
        with pytest.raises(DataError) as caught:
            self(**options)
        assert not self.path.exists()
        return str(caught.value)

    def _listen(self, _file: object, _size: int, word: str) -> None:
        if word:
            self.said.append(word)

    @property
    def ranges(self) -> list[str | None]:
        return [asked for path, asked in self.server.asked if path == PATH]


@pytest.fixture
def fetch(server: Web, tmp_path: Path) -> Fetch:
    return Fetch(server, tmp_path)


def whole(fetch: Fetch) -> bool:
    return fetch.path.read_bytes() == LARGE and not fetch.part.exists()


# What goes well


def test_files_arrive_whole_and_are_not_asked_for_again(server: Web, tmp_path: Path):
    first = pull("nb201", home=tmp_path, mirror=server.address)
    assert {pulled.file.name: pulled.path.read_bytes() for pulled in first} == CONTENT
    assert {pulled.file.name: pulled.received for pulled in first} == {
        name: len(content) for name, content in CONTENT.items()
    }
    assert sorted(path.name for path in (tmp_path / "files/nb201").iterdir()) == ["large.bin", "small.csv"]
    asked = len(server.asked)
    again = pull("nasbench201", home=tmp_path, mirror=server.address)
    assert [pulled.received for pulled in again] == [0, 0]
    assert len(server.asked) == asked


def test_a_file_comes_from_its_own_address(server: Web, fetch: Fetch, monkeypatch: pytest.MonkeyPatch):
    file = known(NAME, LARGE, url=f"{server.address}/elsewhere/v1/data.bin")
    server.put["elsewhere/v1/data.bin"] = LARGE
    monkeypatch.setattr(names, "_file", lambda _: file)
    assert fetch(mirror=None).received == len(LARGE)
    assert whole(fetch)


def test_the_mirror_of_the_environment(server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARCHENC_MIRROR", f"{server.address}/")
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path))
    (pulled,) = pull(["small.csv"])
    assert pulled.path == tmp_path / "files/nb201/small.csv"
    assert pulled.path.read_bytes() == SMALL


def test_a_file_of_unknown_length_is_held_against_its_checksum(server: Web, fetch: Fetch):
    server.put["nb201/official.pth"] = SMALL
    assert fetch("official.pth").path.read_bytes() == SMALL
    server.put["nb201/official.pth"] = SMALL + b"x"
    (fetch.path.parent / "official.pth").unlink()
    with pytest.raises(DataError, match="altered: expected SHA-256"):
        fetch("official.pth")


# Offline


def test_offline_uses_the_cache_and_names_what_it_lacks(server: Web, tmp_path: Path):
    with pytest.raises(DataError, match=r"offline, and .*files lacks 2 of 2 files:\n  nb201/large.bin\n"):
        pull("nb201", home=tmp_path, mirror=server.address, offline=True)
    pull("nb201", home=tmp_path, mirror=server.address)
    asked = len(server.asked)
    assert len(pull("nb201", home=tmp_path, offline=True)) == 2
    assert len(server.asked) == asked


def test_an_altered_file_in_the_cache_is_replaced(server: Web, fetch: Fetch):
    fetch()
    fetch.path.write_bytes(LARGE[:-1] + b"!")
    with pytest.raises(DataError, match="offline"):
        fetch(offline=True)
    assert fetch().received == len(LARGE)
    assert whole(fetch)
    assert fetch.said == ["what is there is altered; fetching it again"]


# What passes


@pytest.mark.parametrize(
    "deed",
    [web.status(500), web.status(503, Retry_After=0), web.status(429), web.reset(0), web.cut(0)],
    ids=["500", "503", "429", "reset", "closed"],
)
def test_a_failure_that_passes_is_tried_again(server: Web, fetch: Fetch, deed: web.Deed):
    server.deeds[PATH] = [deed, deed]
    assert fetch().received == len(LARGE)
    assert whole(fetch)
    assert fetch.ranges == [None] * 3
    assert len(fetch.said) == 2


@pytest.mark.parametrize("deed", [web.cut(HALF), web.reset(HALF)], ids=["truncated", "reset"])
def test_an_answer_that_breaks_off_is_continued(server: Web, fetch: Fetch, deed: web.Deed):
    server.deeds[PATH] = [deed]
    assert fetch().received == len(LARGE)
    assert whole(fetch)
    first, second = fetch.ranges
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= HALF
    (said,) = fetch.said
    assert "broke off" in said


def test_a_server_that_stalls_is_left_and_asked_again(server: Web, fetch: Fetch):
    server.deeds[PATH] = [web.stall(HALF)]
    assert fetch(timeout=0.2).received == len(LARGE)
    assert whole(fetch)
    assert len(fetch.ranges) == 2


def test_a_server_that_says_nothing_is_left(server: Web, fetch: Fetch):
    def silent(handler: web.Handler, _: bytes) -> None:
        handler.server.web.ended.wait(20)  # type: ignore[attr-defined]

    server.deeds[PATH] = [silent, silent]
    assert "does not answer in time (2 attempts)" in fetch.fails(timeout=0.1, retries=1)


def test_a_server_that_ignores_ranges_sends_all_of_it_again(server: Web, fetch: Fetch):
    server.deeds[PATH] = [web.cut(HALF), web.ignore_range]
    assert fetch().received > len(LARGE)
    assert whole(fetch)
    assert "the server cannot continue; again from the beginning" in fetch.said


def test_a_server_that_answers_another_range(server: Web, fetch: Fetch):
    server.deeds[PATH] = [web.cut(HALF), web.other_range]
    fetch()
    assert whole(fetch)
    assert fetch.ranges[2] is None


def test_a_beginning_that_does_not_fit_is_dropped(server: Web, fetch: Fetch):
    fetch.part.parent.mkdir(parents=True)
    fetch.part.write_bytes(b"x" * HALF)
    fetch()
    assert whole(fetch)
    assert fetch.ranges == [f"bytes={HALF}-", None]


@pytest.mark.parametrize("extra", [0, 1])
def test_a_beginning_of_full_length_is_only_compared(server: Web, fetch: Fetch, extra: int):
    fetch.part.parent.mkdir(parents=True)
    fetch.part.write_bytes(LARGE + b"x" * extra)
    assert fetch().received == (len(LARGE) if extra else 0)
    assert whole(fetch)
    assert fetch.ranges == [None] * extra


def test_a_server_with_fewer_bytes_than_we_have_is_asked_for_all(server: Web, fetch: Fetch):
    server.put["nb201/official.pth"] = SMALL
    part = fetch.part.with_name("official.pth.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 100)
    assert fetch("official.pth").path.read_bytes() == SMALL


def test_an_answer_without_a_length(server: Web, fetch: Fetch):
    server.deeds[PATH] = [web.chunked]
    fetch()
    assert whole(fetch)


# What does not pass


def test_attempts_are_bounded_and_what_came_is_kept(server: Web, fetch: Fetch):
    server.deeds[PATH] = [web.cut(HALF)] + [web.status(500)] * 9
    message = fetch.fails(retries=3)
    assert "the server answers 500 Internal Server Error (4 attempts)" in message
    assert f"{HALF:,} of {len(LARGE):,} bytes are kept, and the same command continues there" in message
    assert len(fetch.ranges) == 4
    assert fetch.part.read_bytes() == LARGE[:HALF]
    server.deeds.clear()
    assert fetch().received == len(LARGE) - HALF
    assert whole(fetch)


def test_a_file_that_is_not_there_is_not_asked_for_twice(server: Web, fetch: Fetch):
    server.put.clear()
    assert f"{server.address}{PATH}: the server answers 404 Not Found" in fetch.fails()
    assert fetch.ranges == [None]
    assert not fetch.part.exists()


def test_altered_bytes_are_not_kept(server: Web, fetch: Fetch):
    server.deeds[PATH] = [web.instead(LARGE[:-1] + b"!")]
    message = fetch.fails()
    assert "altered: expected SHA-256" in message
    assert len(fetch.ranges) == 1
    assert not fetch.part.exists()


@pytest.mark.parametrize("deed", [web.instead(LARGE[:-1]), web.instead(LARGE + b"x"), web.say_length(5)])
def test_another_length_is_refused_before_it_comes(server: Web, fetch: Fetch, deed: web.Deed):
    server.deeds[PATH] = [deed]
    assert "altered: expected 300,000 bytes, the server has" in fetch.fails()
    assert not fetch.part.exists()


def test_a_length_that_is_said_but_not_sent(server: Web, fetch: Fetch):
    server.put[NAME] = LARGE[:-7]
    server.deeds[PATH] = [web.say_length(len(LARGE))] * 2
    assert "broke off" in fetch.fails(retries=1)


def test_more_than_expected_is_cut_off(server: Web, fetch: Fetch):
    server.put[NAME] = LARGE * 3
    server.deeds[PATH] = [web.chunked]
    assert "expected 300,000 bytes, the server sends more" in fetch.fails()


def test_compressed_answers_are_refused(server: Web, fetch: Fetch):
    server.deeds[PATH] = [web.compress]
    assert "compressed (gzip)" in fetch.fails()


def test_one_file_that_fails_does_not_stop_the_others(server: Web, tmp_path: Path):
    del server.put[NAME]
    with pytest.raises(DataError) as caught:
        pull("nb201", home=tmp_path, mirror=server.address)
    assert str(caught.value).startswith("1 of 2 files could not be fetched:\n  http")
    assert (tmp_path / "files/nb201/small.csv").read_bytes() == SMALL


def test_a_network_that_is_not_there_is_not_tried_for_every_file(server: Web, tmp_path: Path):
    with Web() as gone:
        address = gone.address
    with pytest.raises(
        DataError, match=r"2 of 2 files could not be fetched:\n.*no connection to 127"
    ) as caught:
        pull("nb201", home=tmp_path, mirror=address, retries=1, backoff=0.001)
    assert "small.csv" not in str(caught.value)
    assert not list((tmp_path / "files/nb201").iterdir())


# Addresses


def test_redirects_are_followed(server: Web, fetch: Fetch):
    server.put["moved"] = LARGE
    server.deeds[PATH] = [web.status(302, Location="/moved")]
    fetch()
    assert whole(fetch)


def test_a_circle_of_redirects_ends(server: Web, fetch: Fetch):
    server.deeds[PATH] = [web.status(301, Location=PATH)] * 50
    assert "more than 5 redirects" in fetch.fails()


def test_a_redirect_to_an_unencrypted_address_is_refused(server: Web, fetch: Fetch):
    server.deeds[PATH] = [web.status(302, Location="http://host.invalid/x")]
    assert "http://host.invalid/x: refused; expected an address that begins with https://" in fetch.fails()


@pytest.mark.parametrize("location", ["http://[::1", "https://[x]/", "https://", "https://h:99999/"])
def test_a_redirect_to_nowhere(server: Web, fetch: Fetch, location: str):
    server.deeds[PATH] = [web.status(302, Location=location)]
    assert "address" in fetch.fails()
    with pytest.raises(DataError, match="address"):
        fetch(mirror=location)


def test_heads_full_of_nonsense(server: Web, fetch: Fetch):
    def nonsense(handler: web.Handler, content: bytes) -> None:
        number = "9" * 5000
        handler.head(206, Content_Range=f"bytes {number}-{number}/{number}", Content_Length=len(content))
        handler.body(content)

    server.deeds[PATH] = [nonsense]
    assert "206 without saying which bytes" in fetch.fails()
    server.deeds[PATH] = [web.status(503, Retry_After="soon"), web.say_length(10**300)]
    fetch()
    assert whole(fetch)


@pytest.mark.parametrize(
    "address",
    ["http://host.invalid/x", "ftp://host.invalid/x", "host.invalid/x", "file:///etc/hosts", "https://"],
)
def test_only_encrypted_addresses_are_asked(address: str):
    with pytest.raises(DataError, match="begins with https://"):
        check_address(address)


@pytest.mark.parametrize(
    "address", ["https://host/x", "http://127.0.0.1:80/x", "http://[::1]/", "http://localhost/"]
)
def test_a_mirror_on_this_machine_may_do_without(address: str):
    check_address(address)


# Proxies


def test_a_proxy_of_the_environment_is_used(server: Web, fetch: Fetch, monkeypatch: pytest.MonkeyPatch):
    with Web(dict(CONTENT)) as proxy:
        address = f"{server.address}{PATH}"
        proxy.deeds[address] = [web.as_proxy]
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        fetch()
        assert whole(fetch)
        assert proxy.asked == [(address, None)]
        assert server.asked == []


def test_no_proxy_goes_around_it(server: Web, fetch: Fetch, monkeypatch: pytest.MonkeyPatch):
    with Web() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        fetch()
        assert whole(fetch)
        assert proxy.asked == []


def test_encrypted_addresses_go_through_the_proxy_for_them(fetch: Fetch, monkeypatch: pytest.MonkeyPatch):
    tunnels = []

    def refuse(handler: web.Handler) -> None:
        tunnels.append(handler.path)
        handler.head(403, Content_Length=0)

    monkeypatch.setattr(web.Handler, "do_CONNECT", refuse, raising=False)
    with Web() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        assert "the proxy does not lead to host.invalid" in fetch.fails(mirror=None, retries=0)
    assert tunnels == ["host.invalid:443"]


# The disk


def test_a_disk_without_room_is_noticed_before_anything_comes(
    server: Web, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
):
    class Full:
        free = 1000

    monkeypatch.setattr(partial.shutil, "disk_usage", lambda _: Full)
    assert "300,000 bytes are to come, and the disk has 1,000 free" in fetch.fails()
    assert server.asked == []
    server.put["nb201/official.pth"] = bytes(2000)
    with pytest.raises(DataError, match="2,000 bytes are to come"):
        fetch("official.pth")
    assert not list(fetch.path.parent.iterdir())


def test_a_disk_that_fills_up_keeps_what_came(server: Web, fetch: Fetch, monkeypatch: pytest.MonkeyPatch):
    write = os.write

    def fills_up(handle: int, data: memoryview) -> int:
        if fetch.part.exists() and fetch.part.stat().st_size >= HALF:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data)

    with monkeypatch.context() as patch:
        patch.setattr(partial.os, "write", fills_up)
        message = fetch.fails()
    assert "the disk is full" in message
    assert "the same command continues there" in message
    kept = fetch.part.stat().st_size
    assert fetch().received == len(LARGE) - kept
    assert whole(fetch)


def test_a_folder_that_cannot_be_written(server: Web, fetch: Fetch, tmp_path: Path):
    (tmp_path / "files").write_text("a file")
    assert "cannot write there" in fetch.fails()


# Several at once


def test_two_pulls_of_one_file_fetch_it_once(server: Web, fetch: Fetch, tmp_path: Path):
    started, go = threading.Event(), threading.Event()

    def slow(handler: web.Handler, content: bytes) -> None:
        rest = handler.head_of(content)
        handler.body(rest[:HALF])
        started.set()
        go.wait(20)
        handler.body(rest[HALF:])

    server.deeds[PATH] = [slow]
    results: list[Pulled] = []
    first = threading.Thread(target=lambda: results.append(fetch()))
    first.start()
    assert started.wait(20)
    other = Fetch(server, tmp_path)
    second = threading.Thread(target=lambda: results.append(other()))
    second.start()
    deadline = threading.Event()
    while not other.said:
        assert second.is_alive()
        deadline.wait(0.002)
    go.set()
    first.join(20)
    second.join(20)
    assert sorted(pulled.received for pulled in results) == [0, len(LARGE)]
    assert other.said == ["another process is fetching it; waiting"]
    assert whole(fetch)
    assert server.sent[PATH] == len(LARGE)


# Names and arguments


def test_what_names_stand_for():
    chosen = select(["nb201"])
    assert [file.name for file in chosen.files] == list(CONTENT)
    assert [file.name for file in chosen.left_out] == [
        "latency/derived.npz",
        "nb201/official.pth",
        "nb201/unknown.pth",
    ]
    assert [file.name for file in select(["small.csv", "nb201/small.csv"]).files] == ["nb201/small.csv"]
    both = select(["nasbench201", "official.pth"])
    assert [file.name for file in both.files] == [*CONTENT, "nb201/official.pth"]
    assert [file.name for file in both.left_out] == ["latency/derived.npz", "nb201/unknown.pth"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("derived.npz", "latency/derived.npz cannot be pulled: derived: made from small.csv"),
        ("unknown.pth", "no SHA-256 is published: 12 epochs (https://host.invalid/page)"),
    ],
)
def test_what_cannot_be_pulled_says_what_to_do(name: str, words: str):
    with pytest.raises(DataError) as caught:
        select([name])
    assert words in str(caught.value)


def test_an_unknown_name_gets_near_ones():
    with pytest.raises(UnknownName, match=r"did you mean nb201/small.csv\?"):
        select(["smal.csv"])
    with pytest.raises(UnknownName, match=r"did you mean nb201\?"):
        select(["nb2o1"])
    with pytest.raises(UnknownName, match="known benchmarks: nasbench201"):
        select(["zzz"])


def test_pauses_double_within_bounds():
    patience = Patience(retries=9, backoff=0.5)
    for attempt, longest in enumerate([0.5, 1, 2, 4, 8, 16, 30, 30]):
        pauses = [patience.pause(attempt, 0.0) for _ in range(50)]
        assert longest / 2 <= min(pauses) <= max(pauses) <= longest
        assert len(set(pauses)) > 5, "clients spread"
    assert patience.pause(0, 40.0) == 40.0
