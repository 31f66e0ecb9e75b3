"""Encoders learned without labels, and what they share. torch is loaded when the first one is named.

A learned encoder is three things, each a file: a network (`nn.Module`), a `Task` that says what it is trained
on and how it is judged, and a final subclass of `LearnedEncoder` that names both. Shared:

vocabulary.py
    PAD, MASK = 0, 1: reserved ids, which no operation has.
    TokenFrame.of(space, rewire="none"): tokens (names by id), width N, n_cells, inputs; to_dict, from_dict.
    frame.graphs(X) -> TokenGraphs: .tokens uint8 [m, N], .links bool [m, N, N] (i -> j), .real bool [m, N];
        m = architectures x cells; rows by index: graphs[rows].
pretraining.py
    Schedule: epochs, batch_size, lr, betas, eps, weight_decay, clip, warmup, decay, validate_every, keep,
        seed.
    Task (protocol): network; key (digest of all that training follows from, but the schedule);
        items(epoch) -> int64 [k, ...], the training items in the order of that epoch, k the same in each;
        loss(items) -> scalar tensor with gradient; held_out() -> {"loss": ...}, called in eval mode;
        training(epoch) -> bool, the mode of the network in that epoch.
    run(task, schedule, folder=None, device="cpu", progress=None) -> Trained(tensors, history). Order of items
        follows from the task's own seed and the epoch, noise inside the network (torch's global generator,
        forked) from schedule.seed and the step, so that a killed run ends with the same weights.
weights.py
    Weights(config, tensors): save(folder), load(folder), packaged(encoder, preset, space).
base.py
    LearnedEncoder: parameters weights="packaged" | folder | None (trained in `fit`), preset, seed, ...;
        a subclass writes name, _rewire, _setting, _network, _schedule, _task, _cell_codes.
    pretrain(encoder, X, out, device="cpu", progress=None) -> Weights, a folder that `weights=` takes.
"""

from __future__ import annotations
