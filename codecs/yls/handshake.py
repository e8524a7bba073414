"""What both sides compute from HELLO, HELLO-RSP and the device key (YLS/1 7.2).

Owns the transcript hash, the key labels and the tags. Keeps no state.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import NamedTuple

from gateway.codecs.yls.frame import covered

NONCE_SIZE = 16
"""Fresh random bytes each side adds to a login."""
TAG_SIZE = 16


class Agreement(NamedTuple):
    """What a login yields: two keys for the session and the proof of each side."""

    mac_key: bytes
    enc_key: bytes
    device_tag: bytes
    server_tag: bytes


def transcript(hello: bytes, reply: bytes, binding: bytes) -> bytes:
    """Hash the two raw frames and the channel binding of a TLS link (YLS/1 7.2).

    Everything negotiated is in it, so whoever edits an offer on the way makes both tags fail.
    """
    return sha256(covered(hello) + covered(reply) + binding).digest()


def agree(secret: bytes, transcript_hash: bytes) -> Agreement:
    """Derive the session's keys and tags from the device key."""

    def derive(label: bytes) -> bytes:
        return hmac.digest(secret, label + transcript_hash, "sha256")

    return Agreement(
        mac_key=derive(b"YLS1 M"),
        enc_key=derive(b"YLS1 E")[:16],
        device_tag=derive(b"YLS1 D")[:TAG_SIZE],
        server_tag=derive(b"YLS1 S")[:TAG_SIZE],
    )
