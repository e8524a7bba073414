"""Serial servers and mistakes in the configuration, on a whole gateway."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.support.directories import MODEL, document, secret_of
from tests.support.gateways import Gateway, Site, free_port, running
from tests.support.line_devices import LineDevice
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for

SERIAL = "BOX-1"
REGISTRATION, HEARTBEAT = b"WM\x01\x02\x03\x04", b"onl!"
SERVER = """
[[serial_server]]
listen = "127.0.0.1:{}"
registration = "57 4D ?? ?? ?? ??"
registration_every_packet = true
heartbeat = "6F 6E 6C 21"
"""
ADDITIONS = 'gatepost_serial_server_additions_total{{what="{}"}}'


def test_a_terminal_behind_a_serial_server_is_served_and_its_box_is_accounted_for() -> None:
    with open_folder() as folder:
        port = free_port()
        site = Site(folder, SERVER.format(port))
        with running(site) as gateway:
            gateway.ask("directory.import", document=document(SERIAL), place="test")
            with socket.create_connection(("127.0.0.1", port)) as box:
                talk(box)
            assert gateway.figure(ADDITIONS.format("registration")) >= 3
            assert gateway.figure(ADDITIONS.format("heartbeat")) >= 3
            assert gateway.figure(ADDITIONS.format("unregistered")) == 0
            opened = 'gatepost_connections_opened_total{listener="serial_server"}'
            assert gateway.figure(opened) == 1
        assert gateway.logged("session.opened", serial=SERIAL) is not None


def talk(box: socket.socket) -> None:
    """Log in and report one passage, every frame cut in two by a heartbeat."""

    def send(data: bytes) -> None:
        half = len(data) // 2
        box.sendall(REGISTRATION + data[:half] + HEARTBEAT + REGISTRATION + data[half:])

    device = LineDevice(SERIAL, send, secret_of(SERIAL), MODEL)
    box.settimeout(0.05)

    def look() -> bool:
        try:
            device.hear(box.recv(4096))
        except TimeoutError:
            device.hear(b"")
        return device.device.online

    device.start()
    wait_for(look, "it is logged in")
    device.record()
    wait_for(lambda: look() and device.acknowledged == {1}, "it is acknowledged")


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
