"""Undo the encodings in which text, and so a key, can be written.

Work is done only around the places that `spots` names; every decoding is a pure function from one
layer of bytes to the next, and each layer knows where its bytes came from.
"""
