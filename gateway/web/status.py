"""The status page: what somebody wants to know who opens the gateway in a browser.

Plain HTML in Chinese and English, without scripts and without anything from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from gateway.monitoring.health import Finding, Report

STATES = {
    "online": "在线 online",
    "late": "迟到 late",
    "offline": "离线 offline",
    "never_seen": "未上线 never seen",
}

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:42rem;padding:0 1rem;"
    "color:#1c1c1c;background:#fff}table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
    "td,th{border:1px solid #bbb;padding:.3rem .8rem;text-align:left}td.n{text-align:right}"
    ".ok{color:#0a6b2d}.no{color:#a11212}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the page shows beside the health."""

    version: str
    mode: str
    """``production`` or ``demo``."""
    devices: Mapping[str, int]
    """Number of devices by the name of their state, such as ``online``."""


def status_page(status: Status, report: Report) -> str:
    """Return the page as HTML, to be sent as UTF-8."""
    verdict = (
        '<strong class="ok">就绪 ready</strong>'
        if report.ok
        else '<strong class="no">未就绪 not ready</strong>'
    )
    devices = "".join(
        f'<tr><td>{escape(STATES.get(state, state))}</td><td class="n">{count}</td></tr>'
        for state, count in status.devices.items()
    )
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Gatepost 网关状态 status</title><style>{STYLE}</style></head><body>"
        f"<h1>Gatepost 网关状态 status</h1><p>{verdict}</p>"
        f"<p>版本 version {escape(status.version)} · 模式 mode {escape(status.mode)}</p>"
        f"<h2>设备 Devices</h2><table>{devices}</table>"
        f"<h2>检查 Checks</h2><table>{''.join(map(_check, report.findings))}</table>"
        '<p><a href="/metrics">/metrics</a> · <a href="/readyz">/readyz</a> · '
        '<a href="/healthz">/healthz</a></p></body></html>\n'
    )


def _check(finding: Finding) -> str:
    kind = "ok" if finding.ok else "no"
    return (
        f"<tr><td>{escape(finding.name)}</td>"
        f'<td class="{kind}">{escape(finding.reason or "正常 ok")}</td></tr>'
    )
