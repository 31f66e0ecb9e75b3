"""Models of every kind read texts as their own library does, whatever else is read with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from archenc.encoders.cole import language_model
from archenc.encoders.cole.language_model import LanguageModel
from archenc.encoders.cole.sentence import read_sentence
from archenc.encoders.cole.tokens import Lengths
from archenc.errors import IncompatibleModel, InvalidArgument
from archenc.text import texts

from . import models

torch = models.torch
EXACT = language_model._batches
TEXTS = texts(models.CELLS[:7])
ALL = ("mean", "max", "cls", "last_token", "avg_all", "multi_layer", "layer:0", "layer:-1", "echo")


def naive(folder: Path, text: str) -> list[Any]:
    """Hidden states of one text alone, as transformers gives them."""
    tokenizer = models.transformers.AutoTokenizer.from_pretrained(folder)
    network = models.transformers.AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        out = network(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
    assert torch.equal(out.hidden_states[-1], out.last_hidden_state)
    return [state[0].double().numpy() for state in out.hidden_states]


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_poolings_are_what_they_say(tmp_path: Path, kind: str) -> None:
    folder = getattr(models, kind)(tmp_path / kind)
    found = LanguageModel.of(folder).embed(TEXTS, ALL)
    for row, text in enumerate(TEXTS):
        states = naive(folder, text)
        means = [state.mean(axis=0) for state in states]
        expected = {
            "mean": means[-1],
            "max": states[-1].max(axis=0),
            "cls": states[-1][0],
            "last_token": states[-1][-1],
            "avg_all": np.mean(means, axis=0),
            "multi_layer": means[-1],  # every fourth layer, counted back: of two there is the last
            "layer:0": means[0],
            "layer:-1": means[-1],
        }
        for name, vector in expected.items():
            np.testing.assert_allclose(found[name].vectors[row, 0], vector, atol=2e-6, err_msg=name)


def test_every_fourth_layer_is_kept_from_the_last(tmp_path: Path) -> None:
    folder = models.encoder(tmp_path / "deep", layers=9)
    states = naive(folder, TEXTS[0])
    vectors = LanguageModel.of(folder).embed(TEXTS[:1], ["multi_layer"])["multi_layer"].vectors
    np.testing.assert_allclose(vectors[0], [states[k].mean(axis=0) for k in (1, 5, 9)], atol=2e-6)


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_echo_is_the_mean_over_the_second_reading(tmp_path: Path, kind: str) -> None:
    folder = getattr(models, kind)(tmp_path / kind)
    model = LanguageModel.of(folder)
    first = len(model.tokens().ids(TEXTS[:1])[0]) + 1
    state = naive(folder, f"{TEXTS[0]}\n\n{TEXTS[0]}")[-1]
    vectors = model.embed(TEXTS[:1], ["echo"])["echo"].vectors
    np.testing.assert_allclose(vectors[0, 0], state[first:].mean(axis=0), atol=2e-6)


def test_the_side_on_which_a_tokenizer_pads_does_not_matter(tmp_path: Path) -> None:
    left, right = (LanguageModel.of(models.decoder(tmp_path / side, side)) for side in ("left", "right"))
    one, other = left.embed(TEXTS, ALL), right.embed(TEXTS, ALL)
    assert all((one[name].vectors == other[name].vectors).all() for name in ALL)


def test_padding_changes_nothing_but_rounding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU, where texts of different lengths are in one batch; a decoder has no token to pad with."""
    for kind in ("encoder", "decoder"):
        model = LanguageModel.of(getattr(models, kind)(tmp_path / kind))
        alone = model.embed(TEXTS, ALL)
        monkeypatch.setattr(language_model, "_batches", lambda pieces, size, exact: _mixed(pieces, size))
        padded = model.embed(TEXTS, ALL)
        monkeypatch.setattr(language_model, "_batches", EXACT)
        for name in ALL:
            np.testing.assert_allclose(padded[name].vectors, alone[name].vectors, atol=5e-6, err_msg=name)


def _mixed(pieces: Any, size: int) -> Any:
    batches = list(EXACT(pieces, size, exact=False))
    assert len(batches) == 1
    return batches


def test_a_vector_does_not_depend_on_its_company(bert: Path) -> None:
    """To the last bit: a run that goes on where another was killed ends with the same vectors."""
    model = LanguageModel.of(bert)
    together = model.embed(TEXTS, ALL)
    order = [4, 1, 6, 0]
    for name in ALL:
        some = model.embed([TEXTS[row] for row in order], [name])[name].vectors
        np.testing.assert_array_equal(some, together[name].vectors[order])
        alone = LanguageModel.of(bert, batch_size=1).embed(TEXTS[3:4], [name])[name].vectors
        np.testing.assert_array_equal(alone, together[name].vectors[3:4])


def test_sharded_weights_are_the_same_weights(tmp_path: Path, bert: Path) -> None:
    shards = LanguageModel.of(models.encoder(tmp_path / "shards", shard="10KB"))
    np.testing.assert_array_equal(
        shards.embed(TEXTS)["mean"].vectors, LanguageModel.of(bert).embed(TEXTS)["mean"].vectors
    )


def test_a_weight_that_is_missing_is_not_made_up(tmp_path: Path) -> None:
    folder = models.encoder(tmp_path / "bert")
    weights = load_file(folder / "model.safetensors")
    name = "encoder.layer.1.output.dense.weight"
    del weights[name]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(IncompatibleModel, match=f"1 weights are missing .* the first {name}"):
        LanguageModel.of(folder).embed(TEXTS)


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    folder = models.encoder(tmp_path / "bert")
    (folder / "model.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(IncompatibleModel, match="cannot be loaded"):
        LanguageModel.of(folder).embed(TEXTS)
    models.encoder(folder)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(IncompatibleModel, match="tokenizer"):
        LanguageModel.of(folder).embed(TEXTS)


def test_windows_average_the_pieces_by_their_tokens(tmp_path: Path, bert: Path) -> None:
    model = LanguageModel.of(bert, max_length=22, long="windows")
    text = TEXTS[0]
    words = model.tokens().ids([text])[0]
    assert len(words) % 20  # the last window is short
    tokenizer = models.tokenizer("encoder")
    pieces = [words[start : start + 20] for start in range(0, len(words), 20)]
    whole = LanguageModel.of(bert)
    vectors = [whole.embed([tokenizer.decode(piece)])["mean"].vectors[0, 0] for piece in pieces]
    expected = np.average(vectors, axis=0, weights=[len(piece) for piece in pieces])
    found = model.embed([text])["mean"]
    np.testing.assert_allclose(found.vectors[0, 0], expected, atol=1e-6)
    assert found.counts.tolist() == [[len(words), len(words) - 20]]


def test_truncation_reads_the_beginning_and_says_what_was_left(bert: Path) -> None:
    model = LanguageModel.of(bert, max_length=22)
    words = model.tokens().ids([TEXTS[0]])[0]
    beginning = models.tokenizer("encoder").decode(words[:20])
    cut, whole = model.embed([TEXTS[0], "x = 1"]), LanguageModel.of(bert).embed([beginning, "x = 1"])
    np.testing.assert_array_equal(cut["mean"].vectors, whole["mean"].vectors)
    lengths = Lengths.of(cut["mean"].counts)
    assert (lengths.n, lengths.too_long, lengths.longest) == (2, 1, len(words))
    assert lengths.share == pytest.approx((len(words) - 20) / (len(words) + 3))


def test_special_tokens_can_be_left_out_of_a_mean(bert: Path) -> None:
    state = naive(bert, TEXTS[0])[-1]
    model = LanguageModel.of(bert, special_tokens=False)
    found = model.embed(TEXTS[:1], ["mean", "last_token", "cls"])
    np.testing.assert_allclose(found["mean"].vectors[0, 0], state[1:-1].mean(axis=0), atol=2e-6)
    np.testing.assert_allclose(found["last_token"].vectors[0, 0], state[-1], atol=2e-6)
    assert np.isfinite(model.embed([""])["mean"].vectors).all()


def test_positions_behind_the_padding_are_counted(tmp_path: Path) -> None:
    """RoBERTa's 34 positions hold 32 tokens; one more would be read beyond the table."""
    model = LanguageModel.of(models.roberta(tmp_path / "roberta"))
    assert model.backbone().positions == 32
    assert np.isfinite(model.embed(TEXTS)["mean"].vectors).all()
    with pytest.raises(InvalidArgument, match="max_length=33: the model has 32 positions"):
        LanguageModel.of(tmp_path / "roberta", max_length=33).embed(TEXTS)


@pytest.mark.parametrize("max_length", [1, 2])
def test_room_for_nothing_is_refused(bert: Path, max_length: int) -> None:
    with pytest.raises(InvalidArgument, match=f"max_length={max_length}"):
        LanguageModel.of(bert, max_length=max_length).embed(TEXTS)
    with pytest.raises(InvalidArgument, match="write a text twice"):
        LanguageModel.of(bert, max_length=3).embed(TEXTS, ["echo"])


def test_random_weights_follow_from_their_seed(bert: Path) -> None:
    trained, one, again, other = (
        LanguageModel.of(bert, random_weights=seed).embed(TEXTS)["mean"].vectors for seed in (None, 3, 3, 4)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3
    assert np.abs(one - trained).max() > 1e-3


@pytest.mark.parametrize(("dtype", "tolerance"), [("bfloat16", 0.05), ("float16", 0.01), ("int8", 0.05)])
def test_smaller_numbers_give_nearly_the_same(bert: Path, dtype: str, tolerance: float) -> None:
    exact, rough = (
        LanguageModel.of(bert, dtype=dtype).embed(TEXTS)["mean"].vectors for dtype in ("float32", dtype)
    )
    assert rough.dtype == np.float32
    assert 0 < np.abs(exact - rough).max() < tolerance * np.abs(exact).max()


def test_a_device_that_is_not_there_is_refused(bert: Path) -> None:
    for device in ("cuda:7", "nonsense"):
        if device == "nonsense" or not torch.cuda.is_available():
            with pytest.raises(InvalidArgument, match="device="):
                LanguageModel.of(bert, device=device).embed(TEXTS)


def test_pooling_of_a_layer_that_is_not_there_is_refused(bert: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"layers 0 \(embeddings\) to 2"):
        LanguageModel.of(bert).embed(TEXTS, ["layer:3"])
    with pytest.raises(InvalidArgument, match="pooling='median'"):
        LanguageModel.of(bert).embed(TEXTS, ["median"])


@pytest.mark.parametrize("pooling", ["mean", "multi_layer", "echo"])
def test_no_text_gives_no_vector_of_the_right_width(bert: Path, pooling: str) -> None:
    model = LanguageModel.of(bert)
    nothing, some = model.embed([], [pooling])[pooling], model.embed(TEXTS, [pooling])[pooling]
    assert nothing.vectors.shape == (0, *some.vectors.shape[1:])
    assert nothing.counts.shape == (0, 2)


def test_progress_counts_to_the_end(bert: Path) -> None:
    seen: list[tuple[int, int]] = []
    LanguageModel.of(bert, batch_size=2).embed(TEXTS, ["mean", "echo"], lambda *at: seen.append(at))
    assert seen[-1] == (2 * len(TEXTS), 2 * len(TEXTS))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


# --- sentence-transformers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "normalised"),
    [
        ("pooling_mode_cls_token", True),
        ("pooling_mode_mean_tokens", False),
        ("pooling_mode_max_tokens", True),
    ],
)
def test_a_sentence_model_pools_as_its_own_library_does(tmp_path: Path, mode: str, normalised: bool) -> None:
    library: Any = pytest.importorskip("sentence_transformers", reason="a twin to compare with")
    folder = models.sentence(tmp_path / "sentence", mode, normalised)
    said = read_sentence(folder)
    assert said is not None
    assert said.normalised == normalised
    vectors = LanguageModel.of(folder).embed(TEXTS, [said.pooling])[said.pooling].vectors[:, 0]
    if normalised:
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    twin = library.SentenceTransformer(str(folder), device="cpu")
    twin.max_seq_length = models.POSITIONS
    np.testing.assert_allclose(vectors, twin.encode(TEXTS, show_progress_bar=False), atol=2e-6)


def test_a_sentence_model_that_does_more_is_refused(tmp_path: Path) -> None:
    folder = models.sentence(tmp_path / "sentence")
    listing = folder / "modules.json"
    listing.write_text(listing.read_text().replace("Normalize", "Dense"))
    with pytest.raises(IncompatibleModel, match=r"Transformer, Pooling, Dense.*pooling='mean'"):
        read_sentence(folder)
    listing.write_text("[{}]")
    with pytest.raises(IncompatibleModel, match="damaged"):
        read_sentence(folder)
    models.sentence(tmp_path / "other", "pooling_mode_weightedmean_tokens")
    with pytest.raises(IncompatibleModel, match="pools by nothing"):
        read_sentence(tmp_path / "other")
    assert read_sentence(models.encoder(tmp_path / "bare")) is None
