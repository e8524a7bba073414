"""Simulated terminals: the device side of the codecs, driven over real sockets."""
