from __future__ import annotations

import ast
import platform
from pathlib import Path

import pytest
from gateway.codecs.api import DAMAGE as CODEC_DAMAGE
from gateway.monitoring import metrics as m
from gateway.monitoring.instruments import OTHER, Family, Histogram, Label, counter, gauge
from gateway.monitoring.metrics import Metrics, declared
from prometheus_client.parser import text_string_to_metric_families

from tools.reference import FOLDER, metrics_page

ROOT = Path(__file__).resolve().parents[2]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(metrics: Metrics) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.scrape().decode())
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return samples(metrics)[name, frozenset(labels.items())]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="0.9", dialects=["yls", "acme"])


def test_every_closed_combination_is_there_from_the_start(metrics: Metrics) -> None:
    found = samples(metrics)
    assert found["gatepost_records_stored_total", frozenset({("mode", "backfill")})] == 0
    frame_errors = [labels for name, labels in found if name == "gatepost_frame_errors_total"]
    assert len(frame_errors) == 2 * len(m.DAMAGE.values)
    closed = [labels for name, labels in found if name == "gatepost_connections_closed_total"]
    assert len(closed) == len(m.LISTENER.values) * len(m.ENDING.values)


def test_counts_come_out(metrics: Metrics) -> None:
    metrics[m.CLOSED].at("tcp", "idle").inc()
    metrics[m.CLOSED].at("tcp", "idle").inc(2)
    assert value(metrics, "gatepost_connections_closed_total", listener="tcp", reason="idle") == 3
    assert value(metrics, "gatepost_build_info", version="0.9", python=platform.python_version())


def test_histograms_are_cumulative(metrics: Metrics) -> None:
    age = metrics[m.AGE].at("live")
    for seconds in (0.1, 0.25, 0.3, 5.0, 5.1, 99999.0):
        age.observe(seconds)
    found = {
        dict(labels)["le"]: count
        for (name, labels), count in samples(metrics).items()
        if name == "gatepost_record_age_seconds_bucket" and ("mode", "live") in labels
    }
    assert found["0.25"] == 2
    assert found["0.5"] == 3
    assert found["5"] == 4
    assert found["7.5"] == 5
    assert found["3600"] == 5
    assert found["+Inf"] == 6
    assert value(metrics, "gatepost_record_age_seconds_count", mode="live") == 6
    total = value(metrics, "gatepost_record_age_seconds_sum", mode="live")
    assert total == pytest.approx(100009.75)


def test_a_histogram_takes_over_counts_of_the_same_bounds_only() -> None:
    histogram = Histogram((1, 2))
    histogram.load([4, 5, 6], 7.5)
    assert (histogram.counts, histogram.total) == ([4, 5, 6], 7.5)
    with pytest.raises(ValueError, match="expected 3 counts, got 2"):
        histogram.load([1, 2], 0)


def test_a_value_outside_a_closed_vocabulary_is_an_error(metrics: Metrics) -> None:
    with pytest.raises(KeyError, match="'sideways' is no declared mode"):
        metrics[m.STORED].at("sideways")


def test_a_vocabulary_with_other_swallows_the_rest(metrics: Metrics) -> None:
    other = metrics[m.LOGINS].at(OTHER)
    assert metrics[m.LOGINS].at("never heard of") is other


def test_an_open_vocabulary_is_bounded() -> None:
    family = Family(gauge("g", "help", Label(name="vendor", limit=2)))
    first, second = family.at("a"), family.at("b")
    assert family.at("c") is family.at("d") is family.at(OTHER)
    assert family.at("a") is first
    assert family.at("b") is second
    assert len("".join(family.write()).splitlines()) == 2 + 3


def test_forgotten_children_leave_no_series() -> None:
    family = Family(gauge("g", "help", Label(name="vendor", limit=2)))
    family.at("a").inc()
    family.clear()
    assert "".join(family.write()) == "# HELP g help\n# TYPE g gauge\n"
    assert family.at("a").value == 0
    for vendor in "bcd":
        family.clear()
        assert family.at(vendor) is not family.at(OTHER)


def test_label_values_are_escaped() -> None:
    family = Family(counter("c_total", "help", Label(name="vendor", limit=1)))
    family.at('a"b\\c\nd').inc()
    (found,) = text_string_to_metric_families("".join(family.write()))
    assert [sample.labels for sample in found.samples] == [{"vendor": 'a"b\\c\nd'}]


def test_what_is_kept_elsewhere_is_brought_in_before_each_scrape(metrics: Metrics) -> None:
    calls: list[int] = []

    def fold() -> None:
        calls.append(1)
        metrics[m.LOST].at().value = len(calls)

    metrics.before_scrape(fold)
    assert value(metrics, "gatepost_records_lost_total") == 1
    assert value(metrics, "gatepost_records_lost_total") == 2


def test_names_follow_the_conventions() -> None:
    names = [metric.name for metric in declared()]
    assert len(set(names)) == len(names)
    for metric in declared():
        assert metric.name.startswith("gatepost_")
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        assert metric.help.endswith("."), metric.name
        assert "_created" not in metric.name


def test_no_created_series_and_the_usual_process_series(metrics: Metrics) -> None:
    names = {name for name, _ in samples(metrics)}
    assert not [name for name in names if name.endswith("_created")]
    assert "process_resident_memory_bytes" in names


def test_one_thousand_suppliers_do_not_make_more_than_the_bound(metrics: Metrics) -> None:
    for number in range(1000):
        metrics[m.VENDOR_DEVICES].at(f"v{number}", "online").inc()
    found = [labels for name, labels in samples(metrics) if name == "gatepost_vendor_devices"]
    assert len(found) == 101


def test_vocabularies_cover_what_codecs_say() -> None:
    assert set(m.DAMAGE.values) == CODEC_DAMAGE | {OTHER}


def test_every_metric_is_counted_somewhere() -> None:
    declarations = {
        name for name, value in vars(m).items() if value in declared() and name.isupper()
    }
    used: set[str] = set()
    for folder in ("gateway", "monitoring", "protocols", "storage"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute):
                    used.add(node.attr)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    used.add(node.id)
    assert declarations - used == set()


def test_the_operators_page_is_up_to_date() -> None:
    text = (FOLDER / "metrics.md").read_text(encoding="utf-8")
    assert text == metrics_page(), "run `python -m tools.reference`"
