"""Write the pages for operators that are made from declarations in the source.

A test fails when a page and its declarations disagree; run ``python -m tools.reference`` then.
"""

from __future__ import annotations

from pathlib import Path

from gateway.monitoring.events import EVENTS
from gateway.monitoring.instruments import Label
from gateway.monitoring.metrics import declared

from gateway.config_text import reference as settings_page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "operators"

METRICS_HEAD = """\
# Metrics

<!-- Written by `python -m tools.reference` from monitoring/metrics.py; do not edit. -->

`/metrics` on the operators' listener speaks Prometheus' text format. Times are in seconds, sizes in
bytes. No device, person or address is ever a label, so the number of series depends on the number
of dialects and suppliers only. Every combination of closed labels is there from the start with 0.
The client library adds the usual `process_…` series.

| Metric | Type | Labels | Meaning |
|---|---|---|---|
"""

EVENTS_HEAD = """\
# Log events

<!-- Written by `python -m tools.reference` from monitoring/events.py; do not edit. -->

The log has one JSON object a line: `time` (seconds since 1970), `level`, `event`, and the fields of
the event; `traceback` where an exception is the news. `log.format = "text"` writes the same for
people. Identity numbers, telephone numbers, long encodings, passwords and raw bytes never reach the
log: a word in square brackets stands in their place, also where a harmless number merely looks like
one of them. A log file may be rotated either way: one that was moved away is
followed by a new one at the next line, and one that was copied and truncated is appended to.

| Event | Level | What happened, and what to do |
|---|---|---|
"""


def metrics_page() -> str:
    """Return the page ``docs/operators/metrics.md``."""
    rows = (
        f"| `{metric.name}` | {metric.kind} | {'; '.join(map(_label, metric.labels)) or '–'} "
        f"| {metric.help} |\n"
        for metric in declared()
    )
    return METRICS_HEAD + "".join(rows)


def events_page() -> str:
    """Return the page ``docs/operators/log-events.md``."""
    rows = (f"| `{name}` | {event.level} | {event.says} |\n" for name, event in EVENTS.items())
    return EVENTS_HEAD + "".join(rows)


def _label(label: Label) -> str:
    values = ", ".join(label.values) or f"at most {label.limit} values"
    return f"`{label.name}`: {values}"


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("settings.md", settings_page()),
        ("metrics.md", metrics_page()),
        ("log-events.md", events_page()),
    ):
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
