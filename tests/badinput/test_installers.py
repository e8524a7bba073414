"""What somebody does who has mounted terminals since six in the morning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gateway.codecs.yls.registers import Result
from gateway.storage.supervisor import EmbeddedServer

from tests.badinput.bench import Bench
from tests.badinput.elsewhere import SiteElsewhere
from tests.badinput.peers import refused
from tests.support.directories import MODEL, SUPPLIER
from tests.support.gateways import Gateway, running
from tests.support.postgres import fresh_database, open_folder


def test_one_serial_number_in_two_terminals(bench: Bench) -> None:
    unit, other_key = bench.unit(), bytes(range(32))
    with bench.row("one serial number in two terminals, with different keys") as row:
        right = unit.login()
        for _ in range(5):
            row.told(refused(unit.dial(key=other_key)), Result.AUTH_FAILED)
        row.told(refused(unit.dial(key=other_key)), Result.LOCKED_OUT)
        row.told(refused(unit.dial()), Result.LOCKED_OUT)
        row.counted("gatepost_auth_attempts_total", 5, result="bad_credential")
        row.counted("gatepost_auth_attempts_total", 2, result="locked_out")
        row.logged("device.login_failed", serial=unit.serial, peer=unit.source, known=True)
        assert right.record(unit.group(1)).holds(1)
        assert unit.login(bench.address()).record(unit.group(2)).holds(2)
        bench.assert_stored(unit)


def test_a_misspelt_key_in_the_configuration(bench: Bench, server: EmbeddedServer) -> None:
    with (
        bench.row("a misspelt key in the configuration") as row,
        fresh_database(server.dsn) as dsn,
        open_folder() as folder,
    ):
        site = SiteElsewhere(folder, dsn)
        site.configure("[sessions]\nheartbeat_second = 30\n")
        wrong = Gateway(site)
        assert wrong.process.wait(30) == 1
        row.said("config.unknown_key", wrong.text())
        assert str(site.config) in wrong.text()
        assert "Did you mean heartbeat_seconds?" in wrong.text()
        assert not site.data.exists()
        site.configure("")
        with running(site) as corrected:
            after = Bench(corrected)
            unit = after.unit()
            assert unit.login().record(unit.group(1)).holds(1)
            after.assert_stored(unit)
            after.close()


TWICE = f"""
[[suppliers]]
code = "{SUPPLIER}"
name = "renamed"

[[devices]]
serial = "{{0}}"
supplier = "{SUPPLIER}"
model = "{MODEL}"
secret = "{"11" * 32}"

[[devices]]
serial = "{{0}}"
supplier = "{SUPPLIER}"
model = "{MODEL}"
secret = "{"22" * 32}"
"""


def test_a_directory_file_with_one_serial_number_twice(bench: Bench, tmp_path: Path) -> None:
    unit = bench.unit()
    file = tmp_path / "site.toml"
    file.write_text(TWICE.format(unit.serial))
    with bench.row("a directory file with one serial number twice") as row:
        command = [sys.executable, "-m", "gateway", "directory", "import", str(file)]
        ran = subprocess.run(
            [*command, "--config", str(bench.site.config)], capture_output=True, text=True
        )
        assert ran.returncode == 1
        row.said("directory.refused", ran.stderr)
        assert f"{file}: devices.1.serial" in ran.stderr
        assert "devices.0" in ran.stderr
        (supplier,) = bench.site.query("select name from supplier where code = $1", SUPPLIER)
        assert supplier["name"] != "renamed"
        assert unit.login().record(unit.group(1)).holds(1)
        bench.assert_stored(unit)
