"""The cache: what was embedded once is not embedded again, by any process, also after a kill."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archenc.encoders.cole import cache, embedding
from archenc.encoders.cole.cache import Store, store_of, text_key
from archenc.encoders.cole.embedding import embedded, setting_of
from archenc.encoders.cole.language_model import LanguageModel
from archenc.encoders.watching import showing
from archenc.errors import DataError, InvalidArgument
from archenc.text import texts

from . import models

TEXTS = texts(models.CELLS[:9])


class Counted:
    """How many texts a model read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stop_after: int = 1_000_000) -> None:
        self.texts: list[str] = []
        embed = LanguageModel.embed

        def counting(model: Any, texts: Sequence[str], *rest: Any) -> Any:
            if len(self.texts) + len(texts) > stop_after:
                raise KeyboardInterrupt
            self.texts += texts
            return embed(model, texts, *rest)

        monkeypatch.setattr(LanguageModel, "embed", counting)


def test_identical_texts_are_embedded_once(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(monkeypatch)
    model = LanguageModel.of(bert)
    found = embedded(model, [*TEXTS, *TEXTS[::-1]], "mean", Store(tmp_path))
    assert sorted(counted.texts) == sorted(TEXTS)
    np.testing.assert_array_equal(found.vectors[9:][::-1], found.vectors[:9])
    assert (found.counts == model.embed(TEXTS + TEXTS[::-1])["mean"].counts).all()


def test_another_process_reads_what_one_wrote(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = LanguageModel.of(bert)
    first = embedded(model, TEXTS[:5], "mean", Store(tmp_path), ["multi_layer"])
    open_already = Store(tmp_path)
    assert not open_already.missing([text_key(text) for text in TEXTS[:5]], "mean")
    embedded(model, TEXTS[5:], "mean", Store(tmp_path))
    counted = Counted(monkeypatch)
    for store in (Store(tmp_path), open_already):
        found = embedded(model, TEXTS, "mean", store)
        np.testing.assert_array_equal(found.vectors[:5], first.vectors)
        np.testing.assert_array_equal(found.counts[:5], first.counts)
        layers = embedded(model, TEXTS[:5], "multi_layer", store).vectors
        np.testing.assert_array_equal(layers[:, -1], first.vectors[:, 0])
    assert not counted.texts
    embedded(model, TEXTS, "multi_layer", Store(tmp_path))
    assert sorted(counted.texts) == sorted(TEXTS[5:])


def test_a_killed_run_goes_on_to_the_same_vectors(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "PORTION", 2)
    model = LanguageModel.of(bert)
    whole = embedded(model, TEXTS, "mean", Store(None))
    with monkeypatch.context() as first:
        killed = Counted(first, stop_after=5)
        with pytest.raises(KeyboardInterrupt):
            embedded(model, TEXTS, "mean", Store(tmp_path))
    counted = Counted(monkeypatch)
    found = embedded(model, TEXTS, "mean", Store(tmp_path))
    np.testing.assert_array_equal(found.vectors, whole.vectors)
    assert len(killed.texts) == 4
    assert sorted(killed.texts + counted.texts) == sorted(TEXTS)


def test_a_setting_has_a_folder_of_its_own(bert: Path, tmp_path: Path) -> None:
    settings: list[dict[str, Any]] = [
        {},
        {"max_length": 30},
        {"long": "windows"},
        {"dtype": "bfloat16"},
        {"random_weights": 0},
        {"special_tokens": False},
    ]
    stores = [store_of(setting_of(LanguageModel.of(bert, **options)), tmp_path) for options in settings]
    assert len({store.folder for store in stores}) == len(settings)
    same = store_of(setting_of(LanguageModel.of(bert, batch_size=3, device="auto")), tmp_path)
    assert same is stores[0]
    assert all((store.folder / cache.SETTING).is_file() for store in stores if store.folder)


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path))
    store = store_of({"a": 1}, True)
    assert store.folder is not None
    assert store.folder.parent == tmp_path / "embeddings"
    assert store_of({"a": 1}, False).folder is None
    for bad in ("", 3, None):
        with pytest.raises(Exception, match="cache"):
            store_of({"a": 1}, bad)  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidArgument, match="cache=''"):
        store_of({"a": 1}, "")


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_damaged_shard_is_named(bert: Path, tmp_path: Path, share: float) -> None:
    embedded(LanguageModel.of(bert), TEXTS, "mean", Store(tmp_path))
    (shard,) = tmp_path.glob("*.parquet")
    content = shard.read_bytes()
    shard.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=shard.name):
        embedded(LanguageModel.of(bert), TEXTS, "mean", Store(tmp_path))


def test_progress_counts_what_is_not_in_the_cache(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "PORTION", 4)
    store, seen = Store(tmp_path), []
    with showing(lambda done, total: seen.append((done, total))):
        embedded(LanguageModel.of(bert), TEXTS[:2], "mean", store)
        assert seen[-1] == (2, 2)
        seen.clear()
        embedded(LanguageModel.of(bert), TEXTS, "mean", store)
    assert seen[-1] == (7, 7)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    seen.clear()
    embedded(LanguageModel.of(bert, random_weights=1), TEXTS[:2], "mean", Store(None))
    assert not seen
