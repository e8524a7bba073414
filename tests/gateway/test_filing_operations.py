"""What operators are told of the duty to file, and that they did; the days they may set."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from gateway.storage.opening import Storage

from gateway.config import load
from gateway.domain.errors import GatepostError
from gateway.domain.filings import FilingRules
from gateway.domain.working_days import BEIJING
from gateway.filing_operations import FilingOperations
from gateway.limits import filing_rules
from tests.support.people_desks import OnStorage

DAY = 86_400_000
REACHED = round(datetime(2026, 11, 25, 14, tzinfo=BEIJING).timestamp() * 1000)
DUE = round(datetime(2026, 11, 28, tzinfo=BEIJING).timestamp() * 1000)
RULES = FilingRules(warn=2, duty=3, days=2)


def rules(folder: Path, written: str, **environ: str) -> FilingRules:
    file = folder / "gatepost.toml"
    file.write_text(f"[people]\n{written}\n")
    return filing_rules(load(file, environ))


def test_a_duty_is_shown_until_it_was_done(on_storage: OnStorage) -> None:
    async def test(storage: Storage) -> None:
        now = REACHED
        calls = FilingOperations(storage, RULES, lambda: now).calls()
        shown = await calls["filing.show"]()
        assert (shown["people"], shown["state"], shown["due_ms"]) == (0, "none", None)
        with pytest.raises(GatepostError, match="nothing to file"):
            await calls["filing.filed"](filed_as="F-1", by="op")
        await storage.filings.begin(3, REACHED)
        shown = await calls["filing.show"]()
        assert (shown["state"], shown["reached_ms"], shown["due_ms"]) == ("due", REACHED, DUE)
        now = DUE
        assert (await calls["filing.show"]())["state"] == "overdue"
        with pytest.raises(GatepostError, match="nothing says"):
            await calls["filing.filed"](filed_as=" ", by="op")
        shown = await calls["filing.filed"](filed_as=" F-1 ", by="op")
        assert (shown["state"], shown["filed_ms"], shown["filed_as"]) == ("filed", DUE, "F-1")
        with pytest.raises(GatepostError, match=r"filing\.refused"):
            await calls["filing.filed"](filed_as="F-2", by="op")

    on_storage(test)


def test_days_are_read_as_toml_or_text_has_them(tmp_path: Path) -> None:
    written = 'holidays = ["2026-10-01", 2026-10-02]'
    found = rules(tmp_path, written, GATEPOST_PEOPLE__WORKED_WEEKENDS="2026-10-10,2026-10-11")
    assert found.calendar.holidays == {date(2026, 10, 1), date(2026, 10, 2)}
    assert found.calendar.worked == {date(2026, 10, 10), date(2026, 10, 11)}
    assert (found.warn, found.duty, found.days) == (80_000, 100_000, 30)


@pytest.mark.parametrize(
    "written",
    [
        'holidays = ["2026-13-01"]',
        "holidays = [5]",
        "holidays = [2026-10-01T00:00:00]",
        "filing_duty = 100001",
        "filing_days = 31",
    ],
)
def test_what_is_no_day_or_beyond_the_law_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(GatepostError, match=r"config\.bad_value"):
        rules(tmp_path, written)
