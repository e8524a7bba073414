"""The pages for vendors say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.codecs.kit.run import CHECKS
from gateway.codecs.kit.tiers import DEMANDS

from gateway.cli.codec.group import codec
from tools import vendor_reference

DOCS = Path(__file__).parents[2] / "docs" / "vendors"


def test_the_reference_is_up_to_date() -> None:
    text = vendor_reference.PAGE.read_text(encoding="utf-8")
    assert text == vendor_reference.page(), "run `python -m tools.vendor_reference`"


def test_everything_the_reference_names_has_a_sentence() -> None:
    bare = re.findall(r"\n#{3,4} (.+)\n\n\n", vendor_reference.page())
    assert bare == []


def test_every_property_and_its_tier_is_explained() -> None:
    text = (DOCS / "tiers.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([PG]\d+) \| (\w+) \|", text, re.MULTILINE))
    tiers = {code: tier.name.lower() for tier, d in DEMANDS.items() for code in d.codes}
    assert rows == tiers
    assert set(rows) == set(CHECKS)


def test_every_command_is_in_the_guide() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    assert [name for name in codec.commands if f"gatepost codec {name}" not in text] == []


def test_links_between_the_pages_lead_somewhere() -> None:
    for path in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"
