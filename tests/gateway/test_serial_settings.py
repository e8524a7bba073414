"""Tables that repeat: what may be said of serial ports and of serial servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway.codecs.yls.settings import read_settings

from gateway.config import load
from gateway.config_text import reference, sample
from gateway.serial_lines import line_options
from gateway.setting_kinds import Address
from gateway.settings import repeated_tables
from tests.gateway.test_config import mistakes, written

PORT = '[[serial]]\npath = "/dev/ttyUSB0"\n'
SERVER = '[[serial_server]]\nlisten = "0.0.0.0:7792"\n'


def test_ports_and_servers_may_be_there_any_number_of_times(tmp_path: Path) -> None:
    text = PORT + '[[serial]]\npath = "/dev/ttyS1"\nspeed = 9600\nparity = "even"\n' + SERVER
    settings = load(written(tmp_path, text), {})
    assert [port.path for port in settings.serial] == ["/dev/ttyUSB0", "/dev/ttyS1"]
    assert [port.speed for port in settings.serial] == [115_200, 9_600]
    assert settings.serial_server[0].listen == Address("0.0.0.0", 7792)
    assert load(written(tmp_path, ""), {}).serial == ()


def test_the_sample_shows_them_and_a_reader_who_takes_the_marks_away_gets_the_defaults(
    tmp_path: Path,
) -> None:
    marked = sample()[sample().index("# [[serial]]") :]
    text = "\n".join(
        line.removeprefix("# ") for line in marked.splitlines() if not line.startswith("# A ")
    )
    text = text.replace('path = "…"', 'path = "/dev/x"').replace(
        'listen = "…"', 'listen = "[::1]:1"'
    )
    text = text.replace('dialect = "…"', 'dialect = "cti"').replace('["…"]', '["A=10.1.0.0/16"]')
    text = text.replace('algorithm = "…"', "algorithm = 7")
    lines = [line for line in text.splitlines() if " = " in line or line.startswith("[[")]
    settings = load(written(tmp_path, "\n".join(line for line in lines if line[0] != "#")), {})
    defaults = load(
        written(
            tmp_path,
            '[[serial]]\npath = "/dev/x"\n[[serial_server]]\nlisten = "[::1]:1"\n'
            '[[unproved]]\nlisten = "[::1]:1"\ndialect = "cti"\ndevices = ["A=10.1.0.0/16"]\n'
            "[[threshold]]\nalgorithm = 7\n",
        ),
        {},
    )
    assert settings == defaults


def test_the_sample_and_the_reference_name_every_key_with_its_reason() -> None:
    for name, model in repeated_tables().items():
        assert f"\n# [[{name}]]\n" in sample()
        assert f"\n## [[{name}]]\n" in reference()
        for key, field in model.model_fields.items():
            assert f"\n# {key} = " in sample()
            assert f"| `{key}` |" in reference()
            extra = field.json_schema_extra
            assert isinstance(extra, dict)
            assert extra["why"], key


@pytest.mark.parametrize(
    ("text", "code", "place", "said"),
    [
        (PORT + "speed = 12345", "config.bad_value", "serial.0.speed", "12345"),
        (PORT + "sped = 9600", "config.unknown_key", "serial.0.sped", "Did you mean speed?"),
        ("[[serial]]\nspeed = 9600", "config.missing", "serial.0.path", "Path of the device"),
        ('[[serial]]\npath = "loop://"', "config.bad_value", "serial.0.path", "path of a device"),
        ('[[serial]]\npath = "COM1"', "config.bad_value", "serial.0.path", "path of a device"),
        (PORT + PORT, "config.contradiction", "serial.1.path", "named twice"),
        ('[serial]\npath = "/dev/x"', "config.bad_value", "serial", "expected tables, [[serial]]"),
        (SERVER + 'heartbeat = "4"', "config.bad_value", "serial_server.0.heartbeat", "pairs"),
        (SERVER + 'heartbeat = "41 42 ??"', "config.bad_value", "serial_server.0.heartbeat", "4"),
        (SERVER + 'registration = "xy"', "config.bad_value", "serial_server.0.registration", "pai"),
        (
            SERVER + 'registration = "41 42"\nregistration_every_packet = true',
            "config.contradiction",
            "serial_server.0.registration",
            "at least 4",
        ),
        (
            SERVER + "registration_every_packet = true",
            "config.contradiction",
            "serial_server.0.registration",
            "at least 4",
        ),
    ],
)
def test_a_mistake_names_its_table(
    tmp_path: Path, text: str, code: str, place: str, said: str
) -> None:
    found = mistakes(written(tmp_path, text))
    assert [(one[0], one[1]) for one in found] == [(code, f"gatepost.toml: {place}")]
    assert said in found[0][2]


def test_the_environment_cannot_set_a_table_that_repeats() -> None:
    found = mistakes(None, GATEPOST_SERIAL__PATH="/dev/x")
    assert found[0][0] == "config.unknown_key"
    assert "configuration file" in found[0][2]


def test_a_line_tells_its_conversations_where_the_terminal_is(tmp_path: Path) -> None:
    text = '[[serial]]\npath = "/dev/x"\nbus_address = 17\ngap_ms = 80\n'
    (table,) = load(written(tmp_path, text), {}).serial
    told = read_settings(line_options({"yls": {"window": 2}}, table)["yls"])
    assert (told.bus_address, told.gap_ms, told.window) == (17, 80, 2)
