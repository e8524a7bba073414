"""Templates of nobody, for simulated terminals: drawn from a name, the same for the same name."""

from __future__ import annotations

from hashlib import sha256
from struct import pack

from gateway.domain.templates import ElementType, FaceTemplate

ALGORITHM = 0
"""Of no matcher: a gateway compares such a template with nobody's."""
DIMENSIONS = 128


def drawn_face(name: str) -> FaceTemplate:
    """Return a vector of length one."""
    seed = b"".join(sha256(f"{name}/{at}".encode()).digest() for at in range(DIMENSIONS // 32))
    numbers = [byte - 127.5 for byte in seed]
    length = sum(number * number for number in numbers) ** 0.5
    return FaceTemplate(
        algorithm=ALGORITHM,
        dimensions=DIMENSIONS,
        elements=ElementType.FLOAT32,
        normalised=True,
        scale=1.0,
        data=pack(f"<{DIMENSIONS}f", *(number / length for number in numbers)),
    )
