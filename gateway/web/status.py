"""The status page: what somebody wants to know who opens the gateway in a browser.

Plain HTML in Chinese and English, without scripts and without anything from elsewhere. It loads
itself anew, and says of which moment it is, so that a page left open is not taken for news.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from html import escape

from gateway.monitoring.health import Finding, Report

STATES = {
    "online": ("在线", "online"),
    "late": ("心跳逾期", "late"),
    "offline": ("离线", "offline"),
    "quiet": ("无消息，不属故障", "quiet, which is no fault"),
    "never_seen": ("从未上线", "never seen"),
}
"""The states of devices in the order in which they are shown."""
CHECKS = {"database": ("数据库", "database"), "ingest": ("记录入库", "storing records")}
MODES = {"production": ("正式", "production"), "demo": ("演示", "demo")}
CHINA = timezone(timedelta(hours=8))
REFRESH_S = 10

STYLE = """
:root{color-scheme:light dark;--line:#8884;--ok:#0a6b2d;--no:#b3130f}
@media(prefers-color-scheme:dark){:root{--ok:#5fd08a;--no:#ff8f87}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;
margin:1.5rem auto;max-width:34rem;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 1rem}h2{font-size:1rem;margin:1.5rem 0 .25rem}
.verdict{border:1px solid;border-left-width:.5rem;border-radius:.25rem;padding:.5rem 1rem;
font-weight:bold;margin:0 0 .5rem}
.ok{color:var(--ok)}.no{color:var(--no)}
table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid var(--line);padding:.4rem 0;text-align:left;vertical-align:top;
font-weight:normal}
td{text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.more{opacity:.8;font-size:.875rem}[lang]{display:inline-block}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the page shows beside the health."""

    version: str
    mode: str
    """``production`` or ``demo``."""
    devices: Mapping[str, int]
    """Number of devices by the name of their state, such as ``online``."""
    at_ms: int
    """Milliseconds since 1970 at which this was true."""


def status_page(status: Status, report: Report) -> str:
    """Return the page as HTML, to be sent as UTF-8."""
    kind, words = (
        ("ok", ("就绪，终端可以接入", "ready for terminals"))
        if report.ok
        else ("no", ("未就绪，原因见下", "not ready; see below"))
    )
    names = [*STATES, *(name for name in status.devices if name not in STATES)]
    rows = (
        _row(_known(STATES, name), f"{status.devices[name]:,}")
        for name in names
        if name in status.devices
    )
    at = datetime.fromtimestamp(status.at_ms / 1000, UTC).astimezone(CHINA)
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}">'
        f"<title>Gatepost 网关状态 status</title><style>{STYLE}</style></head><body>"
        f"<h1>Gatepost {_both(('网关状态', 'status'))}</h1>"
        f'<p class="verdict {kind}">{_both(words)}</p>'
        f"<h2>{_both(('设备', 'Devices'))}</h2><table>{''.join(rows)}</table>"
        f"<h2>{_both(('检查', 'Checks'))}</h2>"
        f"<table>{''.join(map(_check, report.findings))}</table>"
        f"{_notes(report)}"
        f'<p class="more">{_both(("版本", "version"))} {escape(status.version)} · '
        f"{_both(('模式', 'mode'))} {_both(_known(MODES, status.mode))}<br>"
        f"{_both(('截至', 'as of'))} {at:%Y-%m-%d %H:%M:%S} UTC+8</p>"
        '<p class="more"><a href="/metrics">/metrics</a> · <a href="/readyz">/readyz</a> · '
        '<a href="/healthz">/healthz</a></p></body></html>\n'
    )


def _notes(report: Report) -> str:
    if not report.notes:
        return ""
    rows = "".join(map(_check, report.notes))
    return f"<h2>{_both(('提示', 'Notes'))}</h2><table>{rows}</table>"


def _check(finding: Finding) -> str:
    kind = "ok" if finding.ok else "no"
    said = _both(("正常", "ok")) if finding.reason is None else escape(finding.reason)
    return _row(_known(CHECKS, finding.name), f'<span class="{kind}">{said}</span>')


def _row(name: tuple[str, str], value: str) -> str:
    return f'<tr><th scope="row">{_both(name)}</th><td>{value}</td></tr>'


def _known(table: Mapping[str, tuple[str, str]], name: str) -> tuple[str, str]:
    return table.get(name, ("", name))


def _both(words: tuple[str, str]) -> str:
    chinese, english = map(escape, words)
    spoken = f'<span lang="en">{english}</span>'
    return f'<span lang="zh">{chinese}</span> {spoken}' if chinese else spoken
