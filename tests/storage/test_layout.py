"""Where the data lie: folders, socket paths, and what a data directory may already hold."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from gateway.storage.layout import (
    SOCKET_PATH_BYTES,
    Layout,
    default_root,
    fits_socket,
    make_folders,
    own_folder,
)
from gateway.storage.postgres_files import (
    wheel_files,
)
from gateway.storage.privilege import server_user
from gateway.storage.supervisor import EmbeddedServer

from gateway.domain.errors import GatepostError
from tests.support import postgres
from tests.support.files import mode


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with postgres.open_folder() as made:
        yield made


def test_where_data_lie_by_default() -> None:
    assert default_root(0, {}) == Path("/var/lib/gatepost")
    assert default_root(1000, {"HOME": "/home/a"}) == Path("/home/a/.local/share/gatepost")
    assert default_root(1000, {"XDG_DATA_HOME": "/x"}) == Path("/x/gatepost")
    odd = {"XDG_DATA_HOME": "not/absolute", "HOME": "/home/a b"}
    assert default_root(1000, odd) == Path("/home/a b/.local/share/gatepost")
    own, home = os.geteuid() or 1, Path(pwd.getpwuid(os.geteuid() or 1).pw_dir)
    assert default_root(own, {"HOME": ""}) == home / ".local/share/gatepost"


def test_a_socket_path_the_kernel_takes_is_found() -> None:
    short, long = Layout(root=Path("/a")), Layout(root=Path("/" + "a" * 100))
    assert short.socket_folders(1000, {})[0] == Path("/a/postgres/run")
    for euid, environ in ((0, {}), (1000, {}), (1000, {"XDG_RUNTIME_DIR": "/run/user/1000"})):
        folders = long.socket_folders(euid, environ)
        assert folders
        assert all(fits_socket(folder) for folder in folders)
        assert all("gatepost-" in folder.name for folder in folders)
    assert long.socket_folders(0, {}) != Layout(root=Path("/" + "b" * 100)).socket_folders(0, {})
    exact = "/" + "a" * (SOCKET_PATH_BYTES - len("//.s.PGSQL.5432"))
    assert fits_socket(Path(exact))
    assert not fits_socket(Path(exact + "a"))


def test_a_comma_in_the_path_is_no_second_host() -> None:
    layout = Layout(root=Path("/srv/a,b"))
    assert layout.socket_folders(0, {})[0].parent == Path("/run")
    assert layout.admin_folders(0, {})[0].name.endswith("-admin")
    assert layout.admin_folders(0, {})[0] not in layout.socket_folders(0, {})


@pytest.mark.parametrize("name", ["a b", "R&D", "a+b", "50%25", "x#1", "a?b", 'a"b', "工地"])
def test_any_folder_name_will_do(folder: Path, name: str) -> None:
    odd = EmbeddedServer(Layout(root=folder / name), wheel_files(), server_user())
    odd.socket = odd.layout.socket_folders(os.geteuid(), os.environ)[0]
    (host,) = parse_qs(urlsplit(odd.dsn).query)["host"]
    assert Path(host) == folder / name / "postgres" / "run"


def test_an_empty_folder_made_for_the_data_is_used(folder: Path) -> None:
    made = EmbeddedServer(Layout(root=folder / "R&D"), wheel_files(), server_user())
    made_root = made.layout.postgres
    made_root.mkdir(parents=True)
    own_folder(made.layout.data, server_user().uid, server_user().gid)
    made.start()
    try:
        postgres.execute(made.dsn, "select 1")
    finally:
        made.stop()


def test_a_folder_with_other_files_is_no_cluster(folder: Path) -> None:
    layout = Layout(root=folder / "other")
    layout.postgres.mkdir(parents=True)
    own_folder(layout.data, server_user().uid, server_user().gid)
    (layout.data / "lost+found").mkdir()
    with pytest.raises(GatepostError) as caught:
        EmbeddedServer(layout, wheel_files(), server_user()).start()
    assert (caught.value.code, caught.value.place) == ("database.folder", str(layout.data))


def test_folders_made_on_the_way_are_open_whatever_the_umask(as_root: None, folder: Path) -> None:
    before = os.umask(0o077)
    try:
        make_folders(folder / "new" / "er" / "data", shared=True)
    finally:
        os.umask(before)
    assert [mode(folder / "new"), mode(folder / "new" / "er")] == [0o755, 0o755]
    assert mode(folder / "new" / "er" / "data") == 0o711
    assert server_user().can_enter(folder / "new" / "er" / "data")


def test_a_long_data_directory_still_gets_a_socket() -> None:
    with postgres.open_folder() as folder:
        layout = Layout(root=folder / ("d" * 90))
        chosen = layout.socket_folders(1000, {})[0]
        assert chosen.parent == Path("/tmp")


def test_a_relative_data_directory_means_the_same_everywhere() -> None:
    assert Layout(root=Path("here")).data == Path.cwd() / "here" / "postgres" / "data"
