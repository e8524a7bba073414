"""``gatepost decisions``: who asked, what was decided, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gateway.cli.options import config_option, moment, settings_from
from gateway.cli.remote import call


@click.group()
def decisions() -> None:
    """See what was decided at the gates, and why."""


@decisions.command("list")
@config_option
@click.option("--device", "serial", help="Of this terminal only.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every figure.")
def list_(config: Path | None, serial: str | None, limit: int, as_json: bool) -> None:
    """List the newest decisions, newest first; reasons are those of verification.md."""
    found = call(settings_from(config), "decision.list", serial=serial, limit=limit)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        click.echo(_line(one))
    click.echo(f"{len(found)} decisions.")


def _line(one: dict[str, Any]) -> str:
    score, wanted = one["score"], one["threshold"]
    figures = "" if score is None else f"{score:.3f} of {wanted:.3f}"
    who = one["person"] or (f"claim {one['claim']}" if one["claim"] else "-")
    return (
        f"{moment(one['at_ms']):<22}{one['serial'] or '-':<18}{one['verdict']:<11}"
        f"{one['because']:<21}{who!s:<18}{figures:<16}{one['detail']}"
    ).rstrip()
