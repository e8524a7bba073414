"""What a tired newcomer gets wrong: each mistake has a code, a place and a way out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.codecs.hikvision.keys import password, token

from tests.support.gateways import Gateway, Site, running
from tests.support.postgres import open_folder

SITE = """
[[areas]]
code = "990000"
name = "Sample county"
[[suppliers]]
code = "S01"
name = "Sample maker"
[[models]]
supplier = "S01"
name = "M"
"""

SECRET = bytes((11,)) * 32


def gatepost(
    folder: Path, *words: str, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("GATEPOST_")}
    return subprocess.run(
        [sys.executable, "-m", "gateway", *words],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        cwd=folder,
        env={**clean, **environ},
        timeout=120,
    )


def refused(ran: subprocess.CompletedProcess[str], code: str, place: str) -> str:
    """Check that a command ended as a person wants it to; returns what it said."""
    assert ran.returncode == 1, (ran.stdout, ran.stderr)
    assert "Traceback" not in ran.stderr
    said = next(line for line in ran.stderr.splitlines() if line.startswith("["))
    assert said.startswith(f"[{code}] at {place}"), ran.stderr
    return said


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with open_folder() as folder:
        site = Site(folder)
        with running(site) as started:
            (folder / "site.toml").write_text(SITE)
            ran = gatepost(folder, "directory", "import", "site.toml")
            assert (ran.returncode, ran.stderr) == (0, "")
            assert ran.stdout == "Imported: areas 1, suppliers 1, models 1.\n"
            yield started


@pytest.fixture
def folder(gateway: Gateway) -> Path:
    """Where the configuration of the running gateway is found without being named."""
    return gateway.site.config.parent


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Path]:
    """A folder for gateways that do not get far enough to serve."""
    with open_folder() as made:
        yield made


def serve(elsewhere: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    wanted = {
        "GATEWAY__DATA_DIR": str(elsewhere / "data"),
        "LISTEN__TCP": "127.0.0.1:0",
        "WEB__LISTEN": "",
        **settings,
    }
    return gatepost(elsewhere, "serve", **{f"GATEPOST_{k}": v for k, v in wanted.items()})


def test_a_second_gateway_in_the_same_folder(folder: Path, gateway: Gateway) -> None:
    said = refused(gatepost(folder, "serve"), "database.locked", str(gateway.site.data))
    assert f"process {gateway.process.pid}" in said


@pytest.mark.parametrize(
    ("section", "code", "place"),
    [
        ("LISTEN__TCP", "listener.unavailable", "tcp 127.0.0.1:"),
        ("WEB__LISTEN", "web.cannot_listen", "web.listen = 127.0.0.1:"),
    ],
)
def test_a_port_that_is_taken(
    elsewhere: Path, gateway: Gateway, section: str, code: str, place: str
) -> None:
    port = gateway.site.port if section == "LISTEN__TCP" else gateway.site.web_port
    ran = serve(elsewhere, **{section: f"127.0.0.1:{port}"})
    refused(ran, code, f"{place}{port}")


@pytest.mark.parametrize("path", ["none/admin.sock", "a-file", "s" * 120])
def test_an_administration_socket_that_cannot_be_made(elsewhere: Path, path: str) -> None:
    (elsewhere / "a-file").touch()
    refused(serve(elsewhere, ADMIN__SOCKET=path), "admin.cannot_listen", path)


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('[gateway]\ndata_dirr = "x"\n', "bad.toml: gateway.data_dirr", "Did you mean data_dir?"),
        ("[sesions]\nwindow = 4\n", "bad.toml: sesions", "Did you mean sessions?"),
        ("[sessions]\nheartbeat_seconds = 5\n", "bad.toml: sessions", "at least 10"),
        ("[web]\nlisten = 7780\n", "bad.toml: web.listen", '"host:port" in quotes'),
        ("[web]\nlisten = “”\n", "bad.toml", 'Perhaps write " instead of “'),
        ("[web\n", "bad.toml", "line 1"),
    ],
)
def test_a_configuration_that_is_wrong(folder: Path, text: str, place: str, says: str) -> None:
    (folder / "bad.toml").write_text(text)
    ran = gatepost(folder, "serve", "--config", "bad.toml")
    assert ran.returncode == 1
    assert ran.stderr.startswith("[config.")
    assert f"] at {place}" in ran.stderr
    assert says in ran.stderr


def test_a_configuration_saved_on_windows(folder: Path) -> None:
    (folder / "windows.toml").write_text("# 工地\n[gateway]\n", encoding="gbk")
    ran = gatepost(folder, "serve", "--config", "windows.toml")
    assert "it may be GBK" in refused(ran, "config.syntax", "windows.toml")


def test_a_configuration_that_is_not_there(folder: Path) -> None:
    refused(gatepost(folder, "serve", "--config", "no.toml"), "config.unreadable", "no.toml")


@pytest.mark.parametrize(
    ("setting", "value", "code", "place"),
    [
        ("GATEWAY__DATA_DIR", "a-file", "database.folder", ""),
        ("GATEWAY__DATA_DIR", "/proc/none", "database.folder", "/proc/none"),
        ("LOG__FILE", "none/gatepost.log", "log.unwritable", "log.file = none/gatepost.log"),
        ("STORAGE__DSN", "mysql://db/x", "database.address", "setting storage.dsn"),
        ("STORAGE__DSN", "postgresql://127.0.0.1:1/x", "database.unreachable", "setting storage"),
        ("STORAGE__POSTGRES_USER", "nosuch", "database.user", "setting storage.postgres_user"),
    ],
)
def test_a_setting_that_this_machine_cannot_serve(
    tmp_path: Path, setting: str, value: str, code: str, place: str
) -> None:
    (tmp_path / "a-file").touch()
    elsewhere = {"GATEPOST_GATEWAY__DATA_DIR": str(tmp_path / "data"), f"GATEPOST_{setting}": value}
    refused(gatepost(tmp_path, "serve", **elsewhere), code, place)


def test_asking_for_devices_where_no_gateway_ever_ran(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ran = gatepost(tmp_path, "device", "list", GATEPOST_GATEWAY__DATA_DIR=str(data))
    assert "--config" in refused(ran, "database.none", str(data))
    assert not data.exists()


def test_an_administration_socket_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    for words in (("device", "list"), ("simulate",)):
        ran = gatepost(tmp_path, *words, GATEPOST_ADMIN__SOCKET="a-file/admin.sock")
        refused(ran, "admin.unreachable", "a-file/admin.sock")


@pytest.mark.parametrize(
    ("words", "place", "says"),
    [
        (("--supplier", "S02", "--model", "M"), "supplier", "There are: S01."),
        (("--supplier", "S01", "--model", "N"), "model", "There are: M."),
        (
            ("--supplier", "S01", "--model", "M", "--dialect", "ysl"),
            "dialect",
            "There are: cti, hikvision, yls",
        ),
        (("--supplier", "S01", "--model", "M", "--secret", "abc"), "secret", "kept secret"),
    ],
)
def test_a_device_that_cannot_be(
    folder: Path, words: tuple[str, ...], place: str, says: str
) -> None:
    ran = gatepost(folder, "device", "add", "YLS-1", *words)
    said = refused(ran, "directory.refused", f"device add: {place}")
    assert says in said
    assert "abc" not in said


def test_half_a_place_for_a_device(folder: Path) -> None:
    words = ("device", "add", "YLS-1", "--supplier", "S01", "--model", "M", "--project", "P1")
    assert "belong together" in refused(gatepost(folder, *words), "directory.refused", "device add")


def test_a_device_that_is_there_already(folder: Path) -> None:
    words = ("device", "add", "YLS-2", "--supplier", "S01", "--model", "M")
    assert "Key: " in gatepost(folder, *words).stdout
    refused(gatepost(folder, *words), "device.exists", "device YLS-2")


def test_a_terminal_that_takes_no_key_is_told_what_to_type_in(folder: Path) -> None:
    words = ("--supplier", "S01", "--model", "M", "--dialect", "hikvision", "--secret", "0b" * 32)
    said = gatepost(folder, "device", "add", "K51234567", *words).stdout
    path = f"/hik/K51234567/{token(SECRET)}"
    assert f"URL: {path}\n" in said
    assert f"Password: {password(SECRET)}\n" in said
    assert "Key: " not in said


def test_a_directory_with_an_unknown_supplier(folder: Path) -> None:
    (folder / "x.toml").write_text('[[models]]\nsupplier = "S09"\nname = "M"\n')
    ran = gatepost(folder, "directory", "import", "x.toml")
    refused(ran, "directory.refused", "x.toml: models.0.supplier")


def test_a_device_without_a_key_is_pointed_out(folder: Path) -> None:
    device = '[[devices]]\nserial = "YLS-3"\nsupplier = "S01"\nmodel = "M"\n'
    (folder / "device.toml").write_text(device)
    ran = gatepost(folder, "directory", "import", "device.toml")
    assert ran.returncode == 0
    assert ran.stderr == "Without a key, so that they cannot log in: YLS-3.\n"
    (folder / "device.toml").write_text(f'{device}secret = "{"ab" * 32}"\n')
    assert gatepost(folder, "directory", "import", "device.toml").stderr == ""


def test_a_picture_of_the_demo_in_no_folder(tmp_path: Path) -> None:
    refused(gatepost(tmp_path, "demo", "--record", "none/x.svg"), "demo.record", "none")


def test_a_terminal_that_is_no_utf_8_shows_what_it_can(tmp_path: Path) -> None:
    ran = gatepost(tmp_path, "init", "工地✔.toml", PYTHONIOENCODING="gbk")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.encode(errors="surrogateescape").decode("gbk").startswith("Wrote 工地?.toml.")
