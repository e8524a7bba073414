"""What of the serial tables stops a whole gateway from starting, and what does not."""

from __future__ import annotations

from pathlib import Path

from tests.support.gateways import Gateway, Site, running
from tests.support.postgres import open_folder


def test_an_unknown_protocol_stops_the_start_and_names_the_known_ones() -> None:
    with open_folder() as folder:
        gateway = refused(Site(folder, '[[serial]]\npath = "/dev/x"\ndialect = "modbus"\n'))
        assert "[serial.dialect] at setting serial.0.dialect" in gateway.text()
        assert "There are: yls." in gateway.text()


def test_a_port_that_is_not_there_does_not(tmp_path: Path) -> None:
    with open_folder() as folder:
        site = Site(folder, f'[[serial]]\npath = "{tmp_path}/gone"\n')
        with running(site) as gateway:
            gateway.await_logged("serial.unavailable", reason="missing")
            assert gateway.figure(f'gatepost_serial_port_open{{port="{tmp_path}/gone"}}') == 0


def refused(site: Site) -> Gateway:
    gateway = Gateway(site)
    try:
        assert gateway.process.wait(60) != 0
    finally:
        site.end_database()
    return gateway
