from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest
from gateway.monitoring.health import Health
from gateway.monitoring.metrics import STORED
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IReactorTCP
from twisted.internet.testing import MemoryReactor

from gateway.domain.errors import GatepostError
from gateway.setting_kinds import Address
from gateway.web import server, site
from gateway.web.status import Status
from tests.support.pages import Pages


class MemoryReactorInUse(MemoryReactor):
    """Every port is taken."""

    def listenTCP(  # noqa: N802
        self, port: int, factory: object, backlog: int = 50, interface: str = ""
    ) -> NoReturn:
        raise CannotListenError(  # type: ignore[no-untyped-call]
            interface, port, OSError("in use")
        )


def test_metrics_are_what_prometheus_reads(pages: Pages) -> None:
    pages.metrics[STORED].at("live").inc(7)
    code, headers, body = pages.ask("/metrics")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }
    assert code == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert samples["gatepost_records_stored_total", "live"] == 7
    assert samples["gatepost_records_stored_total", "backfill"] == 0


def test_a_ready_gateway_says_so(pages: Pages) -> None:
    code, headers, body = pages.ask("/readyz")
    assert code == 200
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert json.loads(body) == {
        "ok": True,
        "checks": [
            {"name": "loop", "ok": True, "reason": None},
            {"name": "database", "ok": True, "reason": None},
        ],
    }


def test_what_is_not_ready_may_still_live(pages: Pages) -> None:
    pages.reasons["database"] = "数据库没有回答 the database does not answer"
    code, _, body = pages.ask("/readyz")
    assert code == 503
    assert json.loads(body)["checks"][1] == {
        "name": "database",
        "ok": False,
        "reason": "数据库没有回答 the database does not answer",
    }
    assert pages.ask("/healthz")[0] == 200
    pages.reasons["loop"] = "blocked"
    assert pages.ask("/healthz")[0] == 503


def test_a_note_is_shown_and_leaves_the_gateway_ready(pages: Pages) -> None:
    pages.reasons["codecs"] = "acme: <cannot> be imported"
    code, _, body = pages.ask("/readyz")
    assert code == 200
    assert json.loads(body)["notes"] == [{"name": "codecs", "reason": "acme: <cannot> be imported"}]
    assert '<span lang="en">Notes</span>' in pages.ask("/")[2].decode()
    assert "acme: &lt;cannot&gt; be imported" in pages.ask("/")[2].decode()


def test_the_status_page_speaks_two_languages_and_hides_nothing(pages: Pages) -> None:
    pages.reasons["database"] = "<b>down</b>"
    code, headers, body = pages.ask("/")
    text = body.decode("utf-8")
    assert code == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert (
        '<th scope="row"><span lang="zh">在线</span> <span lang="en">online</span></th>'
        "<td>1,041</td>"
    ) in text
    assert "</span> 1.2.3" in text
    assert "2026-09-01 12:00:00 UTC+8" in text
    assert '<span lang="en">not ready; see below</span>' in text
    assert "&lt;b&gt;down&lt;/b&gt;" in text
    assert "<b>" not in text
    assert "<script" not in text
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_prometheus_finds_nothing_to_complain_about(pages: Pages, promtool: Path) -> None:
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=pages.ask("/metrics")[2], capture_output=True
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/"])
def test_head_has_the_headers_without_the_body(pages: Pages, path: str) -> None:
    code, headers, body = pages.ask(path, "HEAD")
    assert (code, body) == (200, b"")
    assert int(headers["Content-Length"]) > 0


@pytest.mark.parametrize("path", ["/nothing", "/metrics/more", "/../etc/passwd"])
def test_other_paths_do_not_exist(pages: Pages, path: str) -> None:
    assert pages.ask(path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(pages: Pages, method: str) -> None:
    code, headers, body = pages.ask("/metrics", method)
    assert (code, headers["Allow"], body) == (405, "GET, HEAD", b"Only GET and HEAD.\n")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_a_body_is_refused(pages: Pages, head: bytes) -> None:
    got = pages.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + head)
    assert got.startswith(b"HTTP/1.1 413 ")
    assert b"200 OK" not in got


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\n\r\n", id="long line"),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: %s\r\n" % (i, b"x" * 1000) for i in range(9)),
            id="long head",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % i for i in range(52)) + b"\r\n",
            id="many headers",
        ),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\r\n\r\n", id="tls by mistake"),
    ],
)
def test_unreasonable_requests_end_the_connection(pages: Pages, request_: bytes) -> None:
    got = pages.send(request_)
    assert got == b"" or got.startswith(b"HTTP/1.1 400 ")
    assert pages.ask("/healthz")[0] == 200


def test_connections_are_bounded_and_given_back(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 0)
    assert pages.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    monkeypatch.setattr(server, "CONNECTIONS", 1)
    assert pages.ask("/healthz", Connection="close")[0] == 200


def test_an_address_in_use_is_explained(pages: Pages) -> None:
    with pytest.raises(GatepostError) as caught:
        site.listen(
            cast(IReactorTCP, cast(Any, MemoryReactorInUse)()),
            Address("127.0.0.1", pages.port),
            health=Health(),
            scrape=bytes,
            status=lambda: Status(version="", mode="", devices={}, at_ms=0),
        )
    assert caught.value.code == "web.cannot_listen"
    assert f"web.listen = 127.0.0.1:{pages.port}: in use." in str(caught.value)
