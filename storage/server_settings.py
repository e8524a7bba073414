"""How the embedded server is set up, and who may connect to it."""

from __future__ import annotations

import os

from gateway.storage.layout import Layout

SUPERUSER = "gatepost"
"""The only role of the embedded server."""

SETTINGS = {
    # An acknowledged record survives kill -9 and a power cut; nothing here may be turned off.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # No network at all: no password can be guessed and no port can collide.
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "20",
    # A call we gave up must not go on and hold the locks of the next one.
    "client_connection_check_interval": "500ms",
    "shared_buffers": "128MB",
    "wal_buffers": "16MB",
    # Few, spread-out checkpoints: each page's first change after one is logged whole.
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    # A failing row's values are personal data: no DETAIL, no statement, no parameter in the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}


def access_files(layout: Layout, client: str) -> None:
    """Write who may connect: the operating-system user ``client`` as the one role, nobody else.

    ``peer`` instead of ``trust``: the server may run under an account it shares with other services
    (``postgres``, ``nobody``), and those pass the socket folder's mode but not the kernel's word on
    who is calling. The files lie outside the cluster, where only the gateway's user can write.
    """
    _write(layout, "pg_hba.conf", f"local all {SUPERUSER} peer map=gateway\n")
    _write(layout, "pg_ident.conf", f'gateway "{client}" {SUPERUSER}\n')


def _write(layout: Layout, name: str, text: str) -> None:
    path = layout.postgres / name
    unfinished = path.with_name(name + ".part")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "w") as file:
        file.write(text)
    unfinished.chmod(0o644)  # the server's user reads it, whatever our umask
    unfinished.replace(path)
