"""``gatepost codec``: everything a vendor needs to write a codec and to know that it is right."""

from __future__ import annotations

from gateway.cli.codec.check import check
from gateway.cli.codec.group import codec
from gateway.cli.codec.identify import identify
from gateway.cli.codec.listing import list_

__all__ = ["check", "codec", "identify", "list_"]
