from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError, IncompatibleModel, InvalidArgument
from archenc.predictors import persistence

TENSORS = {
    "a": np.arange(6, dtype=np.int32).reshape(2, 3),
    "b/scalar": np.array(2.5),
    "empty": np.zeros((0, 4), dtype=np.float32),
    "flags": np.array([True, False]),
    "infinite": np.array([np.inf, np.nan, -0.0]),
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    config = {"x": [1, 2.5, None, "Größe", True], "big": 2**100}
    persistence.write(tmp_path / "deep" / "model", config, TENSORS)
    found, tensors = persistence.read(tmp_path / "deep" / "model")
    assert found == config
    assert tensors.keys() == TENSORS.keys()
    for name, value in TENSORS.items():
        assert tensors[name].dtype == value.dtype
        np.testing.assert_array_equal(tensors[name], value)


def test_arrays_that_lie_otherwise_in_memory_keep_their_content(tmp_path: Path) -> None:
    square = np.arange(12.0).reshape(3, 4)
    tensors = {"transposed": square.T, "strided": square[:, ::2], "reversed": square[::-1]}
    persistence.write(tmp_path / "model", {}, tensors)
    for name, value in persistence.read(tmp_path / "model")[1].items():
        np.testing.assert_array_equal(value, tensors[name])


def test_what_is_read_can_be_written_to(tmp_path: Path) -> None:
    persistence.write(tmp_path / "model", {}, TENSORS)
    persistence.read(tmp_path / "model")[1]["a"][0, 0] = 7


def test_the_files_are_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        persistence.write(tmp_path / name, {"b": 1, "a": 2}, TENSORS)
    for file in (persistence.CONFIG, persistence.TENSORS):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_any_single_flipped_bit_is_noticed(tmp_path: Path) -> None:
    persistence.write(tmp_path / "model", {"alpha": 1.5}, {"a": np.arange(2.0)})
    for name in (persistence.CONFIG, persistence.TENSORS):
        file = tmp_path / "model" / name
        good = file.read_bytes()
        for place in range(len(good)):
            bad = bytearray(good)
            bad[place] ^= 1 << (place % 8)
            file.write_bytes(bad)
            with pytest.raises(IncompatibleModel):
                persistence.read(tmp_path / "model")
        file.write_bytes(good)
    assert persistence.read(tmp_path / "model")[0] == {"alpha": 1.5}


@pytest.mark.parametrize("change", [{"alpha": 2.5}, {"extra": 1}])
def test_an_edited_config_is_noticed_although_it_is_good_json(tmp_path: Path, change: dict) -> None:
    persistence.write(tmp_path / "model", {"alpha": 1.5}, {})
    file = tmp_path / "model" / persistence.CONFIG
    config = json.loads(file.read_text())
    file.write_text(
        json.dumps({**config, "model": config["model"] | change}, indent=1, sort_keys=True) + "\n"
    )
    with pytest.raises(IncompatibleModel, match="altered"):
        persistence.read(tmp_path / "model")


def test_another_format_says_which_version_wrote_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "FORMAT", 7)
    monkeypatch.setattr(persistence, "version", lambda _: "3.1.4")
    persistence.write(tmp_path / "model", {}, {})
    monkeypatch.undo()
    with pytest.raises(IncompatibleModel, match=r"format 7, written by archenc 3\.1\.4.*reads format 1"):
        persistence.read(tmp_path / "model")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', "null", "\x00"])
def test_what_is_no_config_is_refused(tmp_path: Path, content: str) -> None:
    persistence.write(tmp_path / "model", {}, {})
    (tmp_path / "model" / persistence.CONFIG).write_text(content)
    with pytest.raises(IncompatibleModel, match="config"):
        persistence.read(tmp_path / "model")


def test_no_folder_no_model(tmp_path: Path) -> None:
    with pytest.raises(IncompatibleModel, match="a saved model is a folder with"):
        persistence.read(tmp_path / "nothing")


def test_only_a_saved_model_is_replaced(tmp_path: Path) -> None:
    mine = tmp_path / "thesis"
    mine.mkdir()
    (mine / "chapter1.tex").write_text("years of work")
    (tmp_path / "file").write_text("a file")
    for path in (mine, tmp_path / "file"):
        with pytest.raises(InvalidArgument, match="something other than a saved model"):
            persistence.write(path, {}, {})
    assert (mine / "chapter1.tex").read_text() == "years of work"
    (tmp_path / "empty").mkdir()
    persistence.write(tmp_path / "empty", {"new": 1}, {})
    assert persistence.read(tmp_path / "empty")[0] == {"new": 1}


@pytest.mark.parametrize("fails_at", ["rename", "replace"])
def test_a_failure_leaves_the_old_model_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: str
) -> None:
    persistence.write(tmp_path / "model", {"old": 1}, TENSORS)
    original, calls = getattr(Path, fails_at), []

    def failing(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == 2:
            raise OSError("disk full")
        return original(self, target)

    monkeypatch.setattr(Path, fails_at, failing)
    with pytest.raises(DataError, match="disk full"):
        persistence.write(tmp_path / "model", {"new": 1}, {})
    monkeypatch.undo()
    assert persistence.read(tmp_path / "model")[0] == {"old": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DataError, match="model"):
            persistence.write(tmp_path / "model", {}, {})
    finally:
        tmp_path.chmod(0o700)


def test_a_parent_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="model"):
        persistence.write(tmp_path / "file" / "model", {}, {})


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), b"bytes"])
def test_a_config_without_json_form_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(InvalidArgument, match="no JSON form"):
        persistence.write(tmp_path / "model", {"value": value}, {})
    assert not list(tmp_path.iterdir())


def test_nested_names_come_back() -> None:
    tensors = {"a": np.zeros(1), "b/c": np.ones(2)}
    assert (
        persistence.unnest("x/y", persistence.nest("x/y", tensors) | {"x/yz": np.zeros(3)}).keys()
        == tensors.keys()
    )
