"""Both sides of every ratio, measured interleaved in one run: `python -m benchmarks`."""
