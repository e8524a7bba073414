from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gateway.config import ConfigurationRefused, load
from gateway.config_text import reference, sample
from gateway.setting_kinds import Address
from gateway.settings import Settings, sections

ROOT = Path(__file__).resolve().parents[2]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gatepost.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(path: Path | None, **environ: str) -> list[tuple[str, str, str]]:
    """Return code, place (without the folder) and the rest of each mistake."""
    with pytest.raises(ConfigurationRefused) as caught:
        load(path, environ)
    return [
        (
            error.code,
            error.place.replace(f"{path.parent}/" if path else "", ""),
            f"{error.message} {error.remedy}".strip(),
        )
        for error in caught.value.errors
    ]


def test_nothing_said_is_the_defaults() -> None:
    settings = load(None, {})
    assert settings == Settings()
    assert settings.listen.tcp == Address("127.0.0.1", 7790)
    assert settings.listen.tls is None
    assert settings.sessions.heartbeat_seconds == 30
    assert settings.presence.missed == 3
    assert settings.web.listen == Address("127.0.0.1", 7780)
    assert settings.gateway.data_dir is None


def test_the_sample_says_what_the_defaults_say(tmp_path: Path) -> None:
    assert load(written(tmp_path, sample()), {}) == Settings()


def test_the_sample_and_the_reference_name_every_setting() -> None:
    for name, model in sections().items():
        assert f"\n[{name}]\n" in sample()
        for key, field in model.model_fields.items():
            assert f"\n{key} = " in sample()
            assert f"| `{key}` |" in reference()
            assert field.description is not None
            assert field.description in reference()


def test_every_setting_has_a_reason_and_every_number_bounds() -> None:
    for model in sections().values():
        for key, field in model.model_fields.items():
            extra = field.json_schema_extra
            assert isinstance(extra, dict)
            assert extra["why"], key
            if field.annotation in (int, float):
                bounds = {side for side in ("ge", "le") for m in field.metadata if hasattr(m, side)}
                assert bounds == {"ge", "le"}, key


def test_the_reference_of_the_operators_is_up_to_date() -> None:
    text = (ROOT / "docs/operators/settings.md").read_text(encoding="utf-8")
    assert text == reference(), "run `python -m tools.reference`"


def test_every_setting_is_read_by_something() -> None:
    own = {ROOT / "gateway" / name for name in ("settings.py", "config.py", "config_text.py")}
    read = {
        node.attr
        for folder in ("gateway", "monitoring", "protocols", "storage")
        for path in (ROOT / folder).rglob("*.py")
        if path not in own
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert {key for model in sections().values() for key in model.model_fields} - read == set()


def test_the_file_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        [gateway]
        data_dir = "/srv/gatepost"
        [listen]
        tcp = ""
        tls = "[::]:7791"
        tls_certificate = "/etc/chain.pem"
        tls_key = "/etc/key.pem"
        [presence]
        grace_seconds = 7
        """,
    )
    settings = load(path, {})
    assert settings.listen.tcp is None
    assert settings.listen.tls == Address("::", 7791)
    assert str(settings.listen.tls) == "[::]:7791"
    assert settings.listen.tls_key == Path("/etc/key.pem")
    assert settings.presence.grace_seconds == 7.0
    assert settings.gateway.data_dir == Path("/srv/gatepost")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[sessions]\nheartbeat_seconds = 20\ncredit = 8\n")
    environ = {
        "GATEPOST_SESSIONS__HEARTBEAT_SECONDS": "60",
        "GATEPOST_PRESENCE__GRACE_SECONDS": "6.5",
        "GATEPOST_LOG__LEVEL": "debug",
        "GATEPOST_STORAGE__DSN": "123",
        "GATEPOST_WEB__LISTEN": "",
        "GATEPOST_CI": "1",
        "PATH": "/bin",
    }
    settings = load(path, environ)
    assert (settings.sessions.heartbeat_seconds, settings.sessions.credit) == (60, 8)
    assert settings.presence.grace_seconds == 6.5
    assert settings.log.level == "debug"
    assert settings.storage.dsn == "123"
    assert settings.web.listen is None


def test_demo_mode_may_be_quick(tmp_path: Path) -> None:
    text = "[sessions]\nheartbeat_seconds = 1\n[presence]\nmissed = 1\ngrace_seconds = 0\n"
    settings = load(written(tmp_path, '[gateway]\nmode = "demo"\n' + text), {})
    assert settings.sessions.heartbeat_seconds == 1
    found = mistakes(written(tmp_path, text))
    assert [(code, place) for code, place, _ in found] == [
        ("config.not_in_production", "gatepost.toml: sessions.heartbeat_seconds"),
        ("config.not_in_production", "gatepost.toml: presence.missed"),
        ("config.not_in_production", "gatepost.toml: presence.grace_seconds"),
    ]
    assert found[0][2] == (
        '1: production mode wants at least 10. Or set gateway.mode = "demo" for a trial.'
    )


def test_demo_mode_can_come_from_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path, "[sessions]\nheartbeat_seconds = 1\n")
    assert load(path, {"GATEPOST_GATEWAY__MODE": "demo"}).sessions.heartbeat_seconds == 1


def test_the_bounds_of_demo_mode_hold_too(tmp_path: Path) -> None:
    path = written(tmp_path, '[gateway]\nmode = "demo"\n[sessions]\nheartbeat_seconds = 0\n')
    assert mistakes(path)[0][:2] == (
        "config.bad_value",
        "gatepost.toml: sessions.heartbeat_seconds",
    )


@pytest.mark.parametrize(
    ("text", "code", "place", "says"),
    [
        ("[sesions]\n", "config.unknown_section", "sesions", "Did you mean sessions?"),
        ("qqqq = 1\n", "config.unknown_section", "qqqq", "There are: gateway, listen,"),
        ("[web]\nlisten_on = 1\n", "config.unknown_key", "web.listen_on", "Did you mean listen?"),
        ("[web]\ncredit = 1\n", "config.unknown_key", "web.credit", "It belongs to [sessions]."),
        ("web = 3\n", "config.bad_value", "web", "3: expected a table, [web]."),
        (
            '[sessions]\ncredit = "64"\n',
            "config.bad_value",
            "sessions.credit",
            '"64": expected a valid integer. Records of one session',
        ),
        ("[sessions]\ncredit = true\n", "config.bad_value", "sessions.credit", "true: expected"),
        ("[sessions]\ncredit = 2.5\n", "config.bad_value", "sessions.credit", "2.5: expected"),
        ("[sessions]\ncredit = []\n", "config.bad_value", "sessions.credit", "a list: expected"),
        (
            "[ingest]\nspacing_ms = 6\n",
            "config.bad_value",
            "ingest.spacing_ms",
            "6: expected less than or equal to 5.",
        ),
        (
            "[presence]\ngrace_seconds = nan\n",
            "config.bad_value",
            "presence.grace_seconds",
            "nan: expected",
        ),
        ("[log]\nlevel = 'loud'\n", "config.bad_value", "log.level", "\"loud\": expected 'debug'"),
        ("[gateway]\nmode = 'x'\n", "config.bad_value", "gateway.mode", '"x": expected'),
        (
            "[listen]\ntcp = '7790'\n",
            "config.bad_value",
            "listen.tcp",
            '"7790": expected "host:port" with a port from 0 to 65535.',
        ),
        ("[listen]\ntcp = 'h:65536'\n", "config.bad_value", "listen.tcp", "a port from 0 to"),
        ("[listen]\ntcp = 'h:٣'\n", "config.bad_value", "listen.tcp", "a port from 0 to"),
        ("[listen]\ntcp = '::1:7'\n", "config.bad_value", "listen.tcp", "in brackets"),
        ("[listen]\ntcp = '[x]:7'\n", "config.bad_value", "listen.tcp", "'x'"),
        ("[listen]\ntcp = 7790\n", "config.bad_value", "listen.tcp", "7790: expected"),
        ("[storage]\ndsn = 7\n", "config.bad_value", "storage.dsn", "(the value is kept secret)"),
        (f"[web]\nlisten = '{'x' * 99}'\n", "config.bad_value", "web.listen", "x…: expected"),
    ],
)
def test_each_mistake_names_place_cause_and_remedy(
    tmp_path: Path, text: str, code: str, place: str, says: str
) -> None:
    (found,) = mistakes(written(tmp_path, text))
    assert found[:2] == (code, f"gatepost.toml: {place}")
    assert says in found[2]


@pytest.mark.parametrize(
    ("name", "value", "code", "says"),
    [
        ("GATEPOST_SESSIONS__CREDT", "1", "config.unknown_key", "Did you mean credit?"),
        ("GATEPOST_SESION__CREDIT", "1", "config.unknown_section", "Did you mean sessions?"),
        ("GATEPOST_SESSIONS__CREDIT", "many", "config.bad_value", '"many": expected'),
        ("GATEPOST_SESSIONS__CREDIT", "1\nx = 2", "config.bad_value", "expected a valid integer"),
        ("GATEPOST_PRESENCE__MISSED", "2", "config.not_in_production", "wants at least 3"),
        ("GATEPOST_LOG_LEVEL", "info", "config.unknown_key", "mean GATEPOST_LOG__LEVEL?"),
    ],
)
def test_mistakes_of_the_environment_name_the_variable(
    name: str, value: str, code: str, says: str
) -> None:
    (found,) = mistakes(None, **{name: value})
    assert found[:2] == (code, f"environment variable {name}")
    assert says in found[2]


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "[sesions]\n[sessions]\ncredit = 0\nheartbeat_seconds = 5\n[web]\nlisten = 'x'\nport = 1\n",
    )
    found = mistakes(path, GATEPOST_LOG__LEVEL="loud", GATEPOST_LOG__COLOUR="red")
    assert sorted(code for code, _, _ in found) == [
        "config.bad_value",
        "config.bad_value",
        "config.bad_value",
        "config.not_in_production",
        "config.unknown_key",
        "config.unknown_key",
        "config.unknown_section",
    ]
    with pytest.raises(ConfigurationRefused) as caught:
        load(path, {})
    assert len(str(caught.value).splitlines()) == len(caught.value.errors) == 5
    assert caught.value.message == "the configuration has 5 mistakes"


def test_tls_needs_its_two_files(tmp_path: Path) -> None:
    path = written(tmp_path, '[listen]\ntls = "0.0.0.0:7791"\ntls_key = "k.pem"\n')
    (found,) = mistakes(path)
    assert found[:2] == ("config.contradiction", "gatepost.toml: listen.tls_certificate")


def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    missing = tmp_path / "gatepost.toml"
    assert mistakes(missing) == [
        (
            "config.unreadable",
            "gatepost.toml",
            "No such file or directory. Name another file, or write one with `gatepost init`.",
        )
    ]
    missing.write_bytes(b"[web]\n# \xff\n")
    assert mistakes(missing)[0][0] == "config.syntax"
    missing.write_text("[web\n")
    (found,) = mistakes(missing)
    assert found[0] == "config.syntax"
    assert "line 1" in found[2]


def test_settings_never_change_and_hide_the_database_password() -> None:
    settings = load(None, {"GATEPOST_STORAGE__DSN": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in repr(settings)
    with pytest.raises(ValueError, match="frozen"):
        settings.sessions.credit = 3
