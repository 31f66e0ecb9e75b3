"""COLE: architectures as source code, read by a language model; and the controls it is compared with.

`sources` finds a model, `loading` loads it, `tokens` and `pooling` are what goes in and what comes out,
`language_model` runs it, `cache` keeps what it gave, `reduction` narrows it; `encoder` puts these together.
"""
