"""TLS over the fast transport, through pyOpenSSL so that a login can be bound to its channel.

The standard library's TLS cannot export keying material, and without that a login relayed by
somebody in the middle would pass for the terminal's own (YLS/1 ruling 15).
"""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, cast

from gateway.protocols.streams import StreamFactory
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IReactorTime,
)
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.domain.errors import GatepostError

BINDING_BYTES = 32
"""Length of a channel binding (YLS/1 ruling 15)."""

MOST_HANDSHAKE = 16 * 1024
"""Bytes a client may send before the handshake is done. The largest hello of today, with keys for a
world of quantum computers, has 2 kB; OpenSSL alone would collect 131 kB for each stranger."""


class SecureTransport(Protocol):
    """A transport that encrypts."""

    def getHandle(self) -> Any:
        """Return its OpenSSL.SSL.Connection."""


class _Server(TLSMemoryBIOProtocol):
    """The listening end, whose peer is a stranger until the handshake is done."""

    _allowance = MOST_HANDSHAKE

    def dataReceived(self, data: bytes) -> None:
        """Bound what the handshake may take; Twisted and OpenSSL do not."""
        if not self._handshakeDone:
            self._allowance -= len(data)
            if self._allowance < 0:
                self.abortConnection()  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _Factory(TLSMemoryBIOFactory):
    # Twisted's default protocol gathers writes until the next turn of the reactor; a session
    # gathers its own, so each of its writes may go out at once.
    protocol = TLSMemoryBIOProtocol

    def buildProtocol(  # type: ignore[override]
        self, addr: Any
    ) -> TLSMemoryBIOProtocol | None:
        """Refuse whom the wrapped factory refuses.

        Twisted's own wraps the None, and such a connection would stay open for ever.
        """
        inner = self.wrappedFactory.buildProtocol(addr)
        if inner is None:
            return None
        return self.protocol(self, inner)  # type: ignore[no-untyped-call]


@implementer(IOpenSSLServerConnectionCreator)
class ServerContext:
    """What a TLS listener shows its clients: one certificate with its key, TLS 1.2 or later.

    Sessions are never resumed and never renegotiated: under TLS 1.2 an exporter is only bound to
    the certificate shown when the handshake was a full one.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        """Read both PEM files; the certificate file may hold the chain.

        Raises GatepostError ``tls.file_missing``, ``tls.file_unreadable`` or ``tls.key_mismatch``.
        """
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(
            SSL.OP_NO_RENEGOTIATION
            | SSL.OP_NO_COMPRESSION
            | SSL.OP_NO_TICKET
            | SSL.OP_CIPHER_SERVER_PREFERENCE
        )
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        # An idle connection would otherwise hold some 34 kB of empty buffers.
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        _load(certificate, "certificate", context.use_certificate_chain_file)
        _load_key(context, key, certificate)
        self._context = context

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N803
        """Make the OpenSSL side of one connection."""
        del tlsProtocol
        return SSL.Connection(self._context, None)


class _Loader(Protocol):
    def __call__(self, path: str, /) -> None: ...


def _load(path: Path, what: str, loader: _Loader) -> None:
    if not path.is_file():
        raise GatepostError(
            "tls.file_missing",
            f"the TLS {what} is not there.",
            place=str(path),
            remedy=f"Put the PEM file with the {what} there or correct the setting.",
        )
    try:
        loader(str(path))
    except (SSL.Error, crypto.Error, OSError) as error:
        raise GatepostError(
            "tls.file_unreadable",
            f"no TLS {what} could be read from the file.",
            place=str(path),
            remedy="It must be PEM, not encrypted, and readable by the gateway.",
        ) from error


def _load_key(context: SSL.Context, key: Path, certificate: Path) -> None:
    def use(path: str) -> None:
        # Without a passphrase OpenSSL would ask for one at the terminal, and wait.
        read = crypto.load_privatekey(crypto.FILETYPE_PEM, Path(path).read_bytes(), b"")
        try:
            context.use_privatekey(cast(Any, read.to_cryptography_key()))
        except SSL.Error as error:
            raise GatepostError(
                "tls.key_mismatch",
                f"this key does not belong to the certificate in {certificate}.",
                place=path,
                remedy="Configure the key the certificate was issued for.",
            ) from error

    _load(key, "private key", use)


def client_context(authority: Path, name: str) -> object:
    """Make the client's side: trust only the PEM certificate ``authority``, expect ``name``.

    ``name`` is a host name or an IP address. Raises GatepostError as `ServerContext` does.
    """
    roots: list[Certificate] = []

    def read(path: str) -> None:
        roots.append(Certificate.loadPEM(Path(path).read_bytes()))

    _load(authority, "authority certificate", read)
    trust = trustRootFromCertificates(roots)  # type: ignore[no-untyped-call]
    return optionsForClientTLS(name, trustRoot=trust)


def secured(context: object, factory: StreamFactory, *, client: bool = False) -> StreamFactory:
    """Wrap ``factory`` so that what it builds talks through TLS.

    A protocol that must wait for the handshake implements IHandshakeListener.
    """
    creator = cast("IOpenSSLServerConnectionCreator | IOpenSSLClientConnectionCreator", context)
    # The clock is only asked by Twisted's own gathering of writes, which `_Factory` does without;
    # leaving it out would import the reactor.
    clock = cast(IReactorTime, Clock())
    wrapped = _Factory(creator, client, cast(IProtocolFactory, factory), clock)
    wrapped.protocol = TLSMemoryBIOProtocol if client else _Server
    return cast(StreamFactory, wrapped)


def channel_binding(transport: SecureTransport, label: bytes) -> bytes:
    """Export 32 bytes that only the two ends of this TLS connection share (RFC 5705).

    ``label`` names their use, such as ``b"EXPORTER-yls1"``; no context value is used. Only after
    the handshake.
    """
    exported: bytes = transport.getHandle().export_keying_material(label, BINDING_BYTES)
    return exported
