"""An image on its way to a terminal through a whole gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.registered import SERIAL, register
from tests.commands.test_dialled import SETTINGS, reach, unit
from tests.commands.test_orders import gatepost, state
from tests.support.gateways import Site, running


@pytest.fixture
def settings() -> str:
    return SETTINGS


def order(site: Site, file: Path, wait: str = "30") -> tuple[int, str]:
    said = ("--file", str(file), "--reason", "newer", "--wait", wait)
    return gatepost(site, "command", "firmware", SERIAL, "--within", "600", *said)


def test_an_image_the_terminal_takes_for_none_is_refused_in_its_words(
    site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "image.dav"
    file.write_bytes(b"no image" * 50_000)
    with running(site) as gateway, unit() as terminal:
        register(gateway)
        reach(site, terminal.url)
        terminal.open()
        code, said = order(site, file)
        assert (code, "refused (bad_value)" in said) == (1, True), said
        assert "badParameters" in said
        assert state(site, 1)["args"].keys() == {"file", "digest"}
        terminal.close()
        code, said = order(site, file, "0")
        assert (code, said) == (0, f"Order 2 to {SERIAL}: queued.\n")
        gateway.await_logged("terminal.unreachable")
        file.write_bytes(b"something else")
        terminal.open()
        found = gateway.ask("command.wait", number=2, seconds=30)
        assert (found["state"], found["code"]) == ("refused", "command.other_file")
