"""YLS/1, the gateway's own open terminal protocol."""

from __future__ import annotations

from gateway.codecs.yls.dialect import DIALECT

__all__ = ["DIALECT"]
