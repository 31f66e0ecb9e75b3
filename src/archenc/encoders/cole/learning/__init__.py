"""A small language model of one's own, trained on the source code of cells without labels.

`corpus` writes the texts, `phrases` is their tokenizer, `reading` their batches; `masked` and `contrast` are
what is learned, `lesson` the settings, `training` puts these together and writes a folder that COLE reads.
"""
