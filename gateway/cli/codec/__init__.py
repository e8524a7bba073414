"""``gatepost codec``: everything a vendor needs to write a codec and to know that it is right."""

from __future__ import annotations

from gateway.cli.codec.anonymise import anonymise
from gateway.cli.codec.bless import bless
from gateway.cli.codec.check import check
from gateway.cli.codec.group import codec
from gateway.cli.codec.identify import identify
from gateway.cli.codec.listing import list_
from gateway.cli.codec.new import new
from gateway.cli.codec.replay import replay

__all__ = ["anonymise", "bless", "check", "codec", "identify", "list_", "new", "replay"]
