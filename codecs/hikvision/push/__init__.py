"""PUSH: a terminal logs in, uploads events and fetches orders, all by requests of its own.

Experimental. No text of the maker describes it; two open programs agree on it (inferred, strong),
and no unit was tried. What is unknown is marked where it is decided.
"""
