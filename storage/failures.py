"""Tells the database's troubles apart: a row it refuses, or a database that cannot be asked.

The difference decides whether a terminal may forget a record, so it is written down in one place.
Anything not known to be the row's fault counts as the database's: then nothing is acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from gateway.domain.errors import GatepostError, StoreRefused, StoreUnavailable

ROW_CLASSES = ("22", "23", "54")
"""SQLSTATE classes that name the data as the cause: data exception, constraint violation, and
program limit exceeded (a value too long for its index)."""


def blames_row(error: BaseException) -> bool:
    """Say whether ``error`` is about a value, so that sending the same row again cannot help.

    A row without a partition is reported as a check violation too, but names no constraint: that
    is our omission and not the row's fault. Neither is a number of ours that is taken: after a
    restore from an older copy numbers are drawn a second time, and with the next one the row fits.
    """
    if isinstance(error, asyncpg.UniqueViolationError):
        return False
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state.startswith(ROW_CLASSES) and not lacks_partition(error)
    # Values asyncpg cannot encode: too large an integer, a lone surrogate, a wrong type.
    return isinstance(error, asyncpg.DataError | ValueError | OverflowError | TypeError)


def lacks_partition(error: BaseException) -> bool:
    """Say whether no partition exists for the row's month."""
    return isinstance(error, asyncpg.CheckViolationError) and not error.constraint_name


def repeats_identity(error: BaseException) -> bool:
    """Say whether the error is a record that is known already."""
    return isinstance(error, asyncpg.UniqueViolationError) and error.table_name == "record_identity"


def as_unavailable(error: Exception) -> StoreUnavailable | None:
    """Translate a failure of the database; None for one about a row or a partition."""
    if isinstance(error, GatepostError) or blames_row(error):
        return None
    if lacks_partition(error) or repeats_identity(error):
        return None
    if isinstance(error, TimeoutError):
        return StoreUnavailable("it did not answer in time.")
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError | OSError):
        return StoreUnavailable(f"it cannot be asked ({describe(error)}).")
    return None


@contextmanager
def row_refused() -> Iterator[None]:
    """Turn an error that blames a row into StoreRefused, for calls that carry a single one."""
    try:
        yield
    except Exception as error:
        if not blames_row(error):
            raise
        raise refusal(error) from error


def refusal(error: Exception) -> StoreRefused:
    """Translate an error that blames a row."""
    return StoreRefused(f"it refuses this data ({describe(error)}).")


def describe(error: BaseException) -> str:
    """Name an error without quoting any value: values are personal data."""
    if isinstance(error, asyncpg.PostgresError):
        where = error.constraint_name or error.column_name or ""
        return " ".join(filter(None, (type(error).__name__, error.sqlstate, where)))
    return type(error).__name__
