"""Why a request is not taken."""

from __future__ import annotations


class Refused(Exception):
    """A request that cannot be taken; ``status`` is what the terminal is told."""

    def __init__(self, code: str, detail: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.status = status
