"""The city terminal interface (CTI), as far as it is publicly known; see docs/protocols/cti.md."""

from __future__ import annotations

from gateway.codecs.cti.dialect import DIALECT

__all__ = ["DIALECT"]
