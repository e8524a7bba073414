"""`python -m benchmarks.baselines.copy PATH`: send back what comes over a serial device."""

from __future__ import annotations

import os
import sys
import tty


def main(path: str) -> None:
    """Copy until the other side is gone; the line of output says that it has begun."""
    line = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    print("ready", flush=True)
    while data := os.read(line, 8192):
        os.write(line, data)


if __name__ == "__main__":
    main(sys.argv[1])
