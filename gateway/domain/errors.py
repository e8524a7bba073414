"""Errors a person reads: each has a code, a place, and says what to do."""

from __future__ import annotations


class GatepostError(Exception):
    """Something a person can put right.

    ``code`` is stable and documented, ``place`` says where (a file, a setting, a device), and
    ``remedy`` says what to do about it.
    """

    def __init__(self, code: str, message: str, *, place: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place
        self.remedy = remedy

    def __str__(self) -> str:
        where = f" at {self.place}" if self.place else ""
        what = f" {self.remedy}" if self.remedy else ""
        return f"[{self.code}]{where}: {self.message}{what}"


class StoreUnavailable(GatepostError):
    """The database cannot be asked now; nothing was stored, nothing may be acknowledged."""

    def __init__(self, message: str, *, place: str = "database") -> None:
        super().__init__(
            "store.unavailable", message, place=place, remedy="Terminals keep their records."
        )


class StoreRefused(GatepostError):
    """The database answered, but refuses this data; asking again cannot help."""

    def __init__(self, message: str, *, place: str = "database") -> None:
        super().__init__("store.refused", message, place=place)
