"""Hikvision face terminals: HTTP listening with remote verification. See docs/protocols."""

from __future__ import annotations

from gateway.codecs.hikvision.dialect import DIALECT

__all__ = ["DIALECT"]
