"""PUSH: the worked vectors, both sides against each other, and what must not get in."""
