"""What was captured comes out of its bytes as it went in."""

from __future__ import annotations

from gateway.domain.local_enrolments import Captured
from gateway.domain.templates import ElementType, Eye, FaceTemplate, IrisTemplate

FACE = FaceTemplate(
    algorithm=257, dimensions=2, elements=ElementType.INT8, normalised=False, scale=0.01, data=b"ab"
)
LEFT = IrisTemplate(eye=Eye.LEFT, algorithm=7, bits=16, code=b"\x00\xff", mask=b"\xf0\xff")
RIGHT = IrisTemplate(eye=Eye.RIGHT, algorithm=7, bits=16, code=b"\x01\xff")


def test_templates_survive() -> None:
    captured = Captured(faces=(FACE,), irises=(LEFT, RIGHT))
    assert Captured.from_bytes(captured.to_bytes()) == captured
    assert captured.every == (FACE, LEFT, RIGHT)
    assert "ab" not in repr(captured)
