"""The status page as a browser makes it out: what stands in the document it built."""

from __future__ import annotations

import subprocess
from html.parser import HTMLParser
from pathlib import Path

from tests.support.pages import Pages

QUIET = (
    "--headless",
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LIMIT_S = 120


class Document(HTMLParser):
    """Collects the texts of a rendered document by their language, and its table rows."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, list[str]] = {}
        self.rows: list[str] = []
        self.tags: set[str] = set()
        self._languages: list[str] = []
        self._in_row = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag in ("meta", "br", "link"):
            return
        inherited = self._languages[-1] if self._languages else ""
        self._languages.append(dict(attrs).get("lang") or inherited)
        if tag == "tr":
            self.rows.append("")
            self._in_row = True

    def handle_endtag(self, tag: str) -> None:
        self._languages.pop()
        self._in_row = self._in_row and tag != "tr"

    def handle_data(self, data: str) -> None:
        if self._languages and data.strip():
            self.said.setdefault(self._languages[-1], []).append(data)
        if self._in_row:
            self.rows[-1] += data


def rendered(chromium: Path, pages: Pages, folder: Path) -> Document:
    """Return what a browser with a fresh profile makes of the page."""
    url = f"http://127.0.0.1:{pages.port}/"
    shown = subprocess.run(
        [chromium, *QUIET, f"--user-data-dir={folder / 'profile'}", "--dump-dom", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )
    document = Document()
    document.feed(shown.stdout)
    return document


def test_a_browser_shows_the_page_in_both_languages(
    chromium: Path, pages: Pages, tmp_path: Path
) -> None:
    document = rendered(chromium, pages, tmp_path)
    chinese, english = document.said["zh"], document.said["en"]
    assert chinese[:3] == ["网关状态", "就绪，终端可以接入", "设备"]
    assert english[:3] == ["status", "ready for terminals", "Devices"]
    assert len(chinese) >= len(english) - 1  # a check the page does not know has English only
    assert document.rows[:3] == ["在线 online1,041", "离线 offline2", "从未上线 never seen0"]
    assert "数据库 database正常 ok" in document.rows
    assert "script" not in document.tags


def test_a_browser_shows_why_the_gateway_is_not_ready(
    chromium: Path, pages: Pages, tmp_path: Path
) -> None:
    pages.reasons["database"] = "数据库没有回答 <b>the database does not answer</b>"
    document = rendered(chromium, pages, tmp_path)
    assert "未就绪，原因见下" in document.said["zh"]
    assert "not ready; see below" in document.said["en"]
    assert "数据库 database数据库没有回答 <b>the database does not answer</b>" in document.rows
    assert "b" not in document.tags
