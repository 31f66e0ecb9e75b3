"""Folders described and kept; failures reported; the cache used, and outdated by a change."""

from __future__ import annotations

import math
import multiprocessing
from pathlib import Path

import pytest

from archenc.encoders.module_features import NAMES
from archenc.errors import DataError, InvalidArgument
from archenc.pipelines.candidates.describing import Description, describe, feature_names
from archenc.pipelines.candidates.folder import describe_folder
from archenc.proxies import Inputs
from archenc.store import Journal

INPUTS = Inputs.noise((1, 4, 4), 0, batch=4, n_classes=3)
NET = """from torch import nn
from _parts import WIDTH


def model(num_classes=3):
    return nn.Sequential(nn.Flatten(), nn.Linear(16, WIDTH), nn.ReLU(), nn.Linear(WIDTH, num_classes))
"""
BAD = """from torch import nn


def small() -> nn.Module:
    return nn.Linear(3, 4)


def wrong() -> nn.Module:
    return 7


class Odd(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


def odd() -> nn.Module:
    return Odd()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two networks, three that fail, a file that does not run."""
    place = tmp_path / "candidates"
    place.mkdir()
    (place / "_parts.py").write_text("WIDTH = 5\n")
    (place / "net.py").write_text(NET)
    (place / "conv.py").write_text(
        "from torch import nn\nCANDIDATES = {'a': lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), "
        "nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3))}\n"
    )
    (place / "bad.py").write_text(BAD)
    (place / "broken.py").write_text("import nowhere_at_all\n")
    return place


def test_what_fails_is_reported_and_the_rest_described(folder: Path) -> None:
    found = describe_folder(folder, INPUTS, ("params", "nwot"))
    assert list(found.descriptions) == ["conv.a", "net"]
    assert set(found.failures) == {"broken", "bad.small", "bad.wrong", "bad.odd"}
    assert "nowhere_at_all" in found.failures["broken"]
    assert "does not run on examples of shape (1, 1, 4, 4)" in found.failures["bad.small"]
    assert "made a int" in found.failures["bad.wrong"]
    assert "cannot be traced" in found.failures["bad.odd"]
    net = found.descriptions["net"]
    assert list(net.features) == feature_names(("params", "nwot"))
    assert net.features["log_params"] == pytest.approx(math.log10(1 + 16 * 5 + 5 + 5 * 3 + 3))
    assert net.features["share_linear"] == 1.0
    assert "Linear(in_features=16, out_features=5, bias=True)" in net.text


def test_the_cache_keeps_what_did_not_change(folder: Path, tmp_path: Path) -> None:
    cache, seen = tmp_path / "cache.jsonl", []

    def look(done: int, total: int, name: str) -> None:
        seen.append((done, total, name))

    first = describe_folder(folder, INPUTS, (), cache=cache)
    again = describe_folder(folder, INPUTS, (), cache=cache, progress=look)
    failing = {"bad.small", "bad.wrong", "bad.odd"}  # what fails may be different next time
    assert (first.cached, again.cached) == (0, 2)
    assert {name for _, _, name in seen} == failing
    assert again.descriptions == first.descriptions
    assert again.failures == first.failures
    (folder / "net.py").write_text(NET.replace("nn.ReLU()", "nn.Tanh()"))
    seen.clear()
    changed = describe_folder(folder, INPUTS, (), cache=cache, progress=look)
    assert changed.cached == 1
    assert {name for _, _, name in seen} == failing | {"net"}
    assert changed.descriptions["net"].features["rate_bounded"] > 0
    (folder / "_parts.py").write_text("WIDTH = 6\n")
    assert describe_folder(folder, INPUTS, (), cache=cache).cached == 0  # a helper may change any of them
    assert describe_folder(folder, INPUTS, (), cache=cache, options={"num_classes": 4}).cached == 0
    files, networks = 3, 2
    assert len(Journal(cache)) == 3 * (files + networks) + 2


def test_a_network_is_called_by_the_name_that_its_file_has_now(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache.jsonl"
    (folder / "bad.py").unlink()
    describe_folder(folder, INPUTS, (), cache=cache)
    (folder / "net.py").rename(folder / "perceptron.py")
    (folder / "twin.py").write_text((folder / "conv.py").read_text())
    for _ in range(2):
        found = describe_folder(folder, INPUTS, (), cache=cache)
        assert list(found.descriptions) == ["conv.a", "perceptron", "twin.a"]
    assert found.cached == 3


def test_a_file_that_another_imports_outdates_it(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache.jsonl"
    (folder / "bad.py").unlink()
    (folder / "shared").mkdir()
    (folder / "shared" / "wide.py").write_text("WIDTH = 7\n")
    (folder / "sizes.py").write_text("from shared.wide import WIDTH\n")
    (folder / "net.py").write_text(NET.replace("from _parts", "from sizes"))

    def width() -> tuple[int, float]:
        found = describe_folder(folder, INPUTS, (), cache=cache)
        return found.cached, round(10 ** found.descriptions["net"].features["log_params"] - 1)

    assert width() == (0, 16 * 7 + 7 + 7 * 3 + 3)
    assert width() == (2, 16 * 7 + 7 + 7 * 3 + 3)
    (folder / "shared" / "wide.py").write_text("WIDTH = 4\n")
    assert width() == (1, 16 * 4 + 4 + 4 * 3 + 3)


def test_an_option_that_nothing_takes_is_refused(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache.jsonl"
    for _ in range(2):
        with pytest.raises(InvalidArgument, match="no network takes 'num_clases'; legal: num_classes"):
            describe_folder(folder, INPUTS, (), cache=cache, options={"num_clases": 4})
    (folder / "any.py").write_text(
        "from torch import nn\ndef model(**options): return nn.Sequential(nn.Flatten(), nn.Linear(16, 3))\n"
    )
    assert "any" in describe_folder(folder, INPUTS, (), options={"num_clases": 4}).descriptions


def test_a_killed_run_goes_on(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache.jsonl"

    def stop(done: int, total: int, name: str) -> None:
        if name == "conv.a":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        describe_folder(folder, INPUTS, (), cache=cache, progress=stop)
    assert [record["candidate"] for record in Journal(cache)] == ["", "", "", "conv.a"]
    assert describe_folder(folder, INPUTS, (), cache=cache).cached == 1


def test_a_name_of_two_is_refused(folder: Path) -> None:
    (folder / "net.b.py").write_text("from torch import nn\ndef model(): return nn.ReLU()\n")
    (folder / "net.py").write_text("from torch import nn\nCANDIDATES = {'b': nn.ReLU}\n")
    with pytest.raises(DataError, match=r"'net\.b' belongs to two candidates"):
        describe_folder(folder, INPUTS, ())


def test_a_score_that_a_network_has_not_is_missing_with_the_reason() -> None:
    from torch import nn

    found = describe(nn.Sequential(nn.Flatten(), nn.Linear(16, 3)), INPUTS, ("nwot", "snip"))
    assert math.isnan(found.features["score_nwot"])
    assert "ReLU" in found.reasons["nwot"]
    assert found.features["score_snip"] > 0
    assert [name for name in found.features if not name.startswith("score_")] == list(NAMES)
    assert Description(**found.to_dict()).reasons == found.reasons


def test_features_are_of_every_layer_however_many_there_are() -> None:
    from torch import nn

    def deep(layers: int) -> nn.Module:
        blocks = [nn.Sequential(nn.Linear(16, 16), nn.LayerNorm(16), nn.ReLU()) for _ in range(layers)]
        return nn.Sequential(nn.Flatten(), *blocks, nn.Linear(16, 3))

    for layers in (3, 20, 60):
        found = describe(deep(layers), INPUTS, ()).features
        assert found["log_layers"] == pytest.approx(math.log10(2 + layers))
        assert found["rate_relu"] == pytest.approx(layers / (1 + layers))
        assert found["log_operations"] == pytest.approx(math.log10(2 + 3 * layers))


LOOPS = """from torch import nn

print("rubbish")


class Endless(nn.Module):
    def forward(self, x):
        while True:
            pass


class Deadly(nn.Module):
    def forward(self, x):
        import os

        os._exit(3)


CANDIDATES = {
    "runs": Endless,
    "dies": Deadly,
    "good": lambda: nn.Sequential(nn.Flatten(), nn.Linear(16, 3)),
}
"""


@pytest.mark.slow
def test_code_that_never_ends_is_ended_and_reported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loops.py").write_text(LOOPS)
    (tmp_path / "a_loop.py").write_text("while True: pass\n")
    cache = tmp_path / "cache.jsonl"
    found = describe_folder(tmp_path, INPUTS, (), cache=cache, seconds=12)
    late = "it took longer than 12 seconds"
    assert list(found.descriptions) == ["loops.good"]
    died = found.failures.pop("loops.dies")
    assert died == "it ended the process that ran it, with code 3"
    assert found.failures == {"a_loop": late, "loops.runs": late}
    assert [record["candidate"] for record in Journal(cache)] == ["", "loops.good"]  # a slow day is no reason
    assert "rubbish" not in capfd.readouterr().out
    assert not multiprocessing.active_children()


def test_a_limit_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidArgument, match="seconds=0: expected a number > 0"):
        describe_folder(folder, INPUTS, (), seconds=0)
