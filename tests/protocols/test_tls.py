"""TLS over the fast transport, and logins bound to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from gateway.codecs.api import Context
from gateway.protocols.listener import BINDING_LABEL
from gateway.protocols.tls import ServerContext, channel_binding, client_context, secured
from gateway.protocols.transport import SoleProtocol, connect, listen
from OpenSSL import SSL

from gateway.domain.errors import GatepostError
from tests.support.certificates import make_identity
from tests.support.lines import LineConversation, line_dialect
from tests.support.loops import each_loop, run_on
from tests.support.network import bench, run, with_limits
from tests.support.pipes import Pump, SecureEar
from tests.support.waiting import until

NewLoop = Callable[[], asyncio.AbstractEventLoop]


async def tls_pair(folder: Path) -> tuple[SecureEar, SecureEar]:
    """Connect two protocols by TLS; the server's first."""
    identity = make_identity(folder)
    loop = asyncio.get_running_loop()
    there, here = SecureEar(), SecureEar()
    server = ServerContext(identity.certificate, identity.key)
    listener = await listen(loop, secured(server, SoleProtocol(there)), "127.0.0.1", 0)
    trust = client_context(identity.certificate, "127.0.0.1")
    port = listener.getHost().port
    await connect(loop, secured(trust, SoleProtocol(here), client=True), "127.0.0.1", port)
    await there.shaken
    await here.shaken
    listener.stopListening()
    return there, here


@each_loop
def test_both_ends_export_the_same_key(new_loop: NewLoop, tmp_path: Path) -> None:
    async def main() -> None:
        there, here = await tls_pair(tmp_path)
        ours = channel_binding(there.transport, b"EXPORTER-yls1")
        theirs = channel_binding(here.transport, b"EXPORTER-yls1")
        assert ours == theirs
        assert len(ours) == 32
        assert channel_binding(here.transport, b"EXPORTER-other") != ours
        here.transport.loseConnection()
        await there.lost

        again, _ = await tls_pair(tmp_path)
        assert channel_binding(again.transport, b"EXPORTER-yls1") != ours
        again.transport.abortConnection()
        await again.lost
        await _.lost

    run_on(new_loop, main)


@each_loop
def test_large_transfers_arrive_whole_with_backpressure(new_loop: NewLoop, tmp_path: Path) -> None:
    async def main() -> None:
        there, here = await tls_pair(tmp_path)
        pump = Pump()
        here.transport.registerProducer(pump, True)
        there.transport.pauseProducing()
        data = bytes(range(256)) * 40_000
        here.transport.write(data)
        assert pump.told == ["pause"]
        there.transport.resumeProducing()
        await pump.resumed.wait()
        assert await there.until(len(data)) == data
        here.transport.unregisterProducer()
        there.transport.loseConnection()
        await here.lost
        await there.lost

    run_on(new_loop, main)


def test_a_client_does_not_talk_to_a_stranger(tmp_path: Path) -> None:
    async def main() -> None:
        identity = make_identity(tmp_path)
        other = make_identity(tmp_path, "other")
        loop = asyncio.get_running_loop()
        there, here = SecureEar(), SecureEar()
        server = ServerContext(identity.certificate, identity.key)
        listener = await listen(loop, secured(server, SoleProtocol(there)), "127.0.0.1", 0)
        trust = client_context(other.certificate, "127.0.0.1")
        port = listener.getHost().port
        await connect(loop, secured(trust, SoleProtocol(here), client=True), "127.0.0.1", port)
        assert issubclass(await here.lost, SSL.Error)
        await there.lost
        assert not here.shaken.done()
        listener.stopListening()

    run_on(asyncio.new_event_loop, main)


def test_old_versions_of_tls_are_refused(tmp_path: Path) -> None:
    identity = make_identity(tmp_path)
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_1_VERSION)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    client = SSL.Connection(context, None)
    server = ServerContext(identity.certificate, identity.key).serverConnectionForTLS(None)
    client.set_connect_state()
    server.set_accept_state()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    server.bio_write(client.bio_read(65536))
    with pytest.raises(SSL.Error) as caught:
        server.do_handshake()
    assert "unsupported protocol" in str(caught.value)


@pytest.mark.parametrize(
    ("certificate", "key", "code", "place"),
    [
        ("none.crt", "gateway.key", "tls.file_missing", "none.crt"),
        ("gateway.crt", "none.key", "tls.file_missing", "none.key"),
        ("gateway.key", "gateway.key", "tls.file_unreadable", "gateway.key"),
        ("gateway.crt", "gateway.crt", "tls.file_unreadable", "gateway.crt"),
        ("gateway.crt", "locked.key", "tls.file_unreadable", "locked.key"),
        ("gateway.crt", "other.key", "tls.key_mismatch", "other.key"),
    ],
)
def test_wrong_files_are_named(
    tmp_path: Path, certificate: str, key: str, code: str, place: str
) -> None:
    make_identity(tmp_path)
    make_identity(tmp_path, "other")
    make_identity(tmp_path, "locked", passphrase=b"never told")
    with pytest.raises(GatepostError) as caught:
        ServerContext(tmp_path / certificate, tmp_path / key)
    assert (caught.value.code, caught.value.place) == (code, str(tmp_path / place))
    assert caught.value.remedy


@pytest.mark.parametrize(("name", "code"), [("none", "missing"), ("gateway.key", "unreadable")])
def test_a_wrong_authority_is_named(tmp_path: Path, name: str, code: str) -> None:
    make_identity(tmp_path)
    with pytest.raises(GatepostError) as caught:
        client_context(tmp_path / name, "127.0.0.1")
    assert caught.value.code == f"tls.file_{code}"


def test_a_conversation_on_tls_begins_after_the_handshake_and_knows_its_binding(
    tmp_path: Path,
) -> None:
    contexts: list[Context] = []

    def remember(context: Context) -> LineConversation:
        contexts.append(context)
        return LineConversation(context)

    async def main() -> None:
        identity = make_identity(tmp_path)
        async with bench(line_dialect(conversation=remember)) as b:
            server = ServerContext(identity.certificate, identity.key)
            listener = await b.server.listen("tls", "127.0.0.1", 0, tls=server)
            port = listener.getHost().port
            mute = await asyncio.open_connection("127.0.0.1", port)
            here = SecureEar()
            trust = client_context(identity.certificate, "127.0.0.1")
            factory = secured(trust, SoleProtocol(here), client=True)
            await connect(asyncio.get_running_loop(), factory, "127.0.0.1", port)
            await here.shaken
            here.transport.write(b"HELLO T-7\n")
            assert await here.until(5) == b"IN 7\n"
            (context,) = contexts
            assert context.secure
            assert context.channel_binding == channel_binding(
                here.transport,
                BINDING_LABEL,
            )
            plain = await b.call()
            await plain.login("T-8")
            assert (contexts[1].secure, contexts[1].channel_binding) == (False, b"")
            assert b.counters.counts["opened", "tls"] == 2

            mute[1].write(b"GET / HTTP/1.1\r\n\r\n")
            await mute[0].read()
            mute[1].close()
            await until(lambda: len(b.shared.roster) <= 2, "the loss")
            assert b.counters.counts["closed", "tls_failed"] == 1

            draining = asyncio.ensure_future(b.server.drain(10.0))
            await here.lost
            assert here.received == b"IN 7\nFAREWELL draining\n"
            assert (await draining).aborted == 0

    run(main)


def test_a_handshake_that_never_comes_runs_out_of_time(tmp_path: Path) -> None:
    async def main() -> None:
        identity = make_identity(tmp_path)
        async with bench(listen=False) as b:
            server = ServerContext(identity.certificate, identity.key)
            listener = await b.server.listen("tls", "127.0.0.1", 0, tls=server)
            b.port = listener.getHost().port
            mute = await b.call()
            await until(lambda: len(b.shared.roster) > 0, "a connection")
            b.sweep(after=9.9)
            assert len(b.shared.roster) == 1
            b.sweep(after=0.2)
            await mute.ended()
            await b.gone()
            assert b.counters.counts["closed", "login_timeout"] == 1

    run(main)


def test_who_waits_for_its_turn_is_not_shaken_hands_with(tmp_path: Path) -> None:
    async def main() -> None:
        identity = make_identity(tmp_path)
        async with bench(limits=with_limits(strangers=1)) as b:
            server = ServerContext(identity.certificate, identity.key)
            listener = await b.server.listen("tls", "127.0.0.1", 0, tls=server)
            first = await b.call()
            first.say("BEAT")
            assert await first.hear() == "BEAT"
            here = SecureEar()
            trust = client_context(identity.certificate, "127.0.0.1")
            factory = secured(trust, SoleProtocol(here), client=True)
            loop = asyncio.get_running_loop()
            await connect(loop, factory, "127.0.0.1", listener.getHost().port)
            await until(lambda: b.shared.gate.inside == 2, "the gate")
            assert b.shared.traffic.reads == 1
            assert not here.shaken.done()
            await first.login("T-7")
            await here.shaken
            here.transport.abortConnection()
            await here.lost

    run(main)


@each_loop
def test_who_is_refused_at_the_tls_door_is_gone_at_once(new_loop: NewLoop, tmp_path: Path) -> None:
    async def main() -> None:
        identity = make_identity(tmp_path)
        async with bench(limits=with_limits(strangers_per_address=1), listen=False) as b:
            server = ServerContext(identity.certificate, identity.key)
            listener = await b.server.listen("tls", "127.0.0.1", 0, tls=server)
            b.port = listener.getHost().port
            await b.call()
            await until(lambda: b.shared.gate.inside == 1, "the gate")
            assert await (await b.call()).ended() == b""
            b.shared.gate.shut()
            assert await (await b.call()).ended() == b""
            assert b.counters.counts["refused", "address"] == 1
            assert b.counters.counts["refused", "closed"] == 1

    run_on(new_loop, main)


@each_loop
def test_a_hello_without_end_is_cut_off(new_loop: NewLoop, tmp_path: Path) -> None:
    async def main() -> None:
        identity = make_identity(tmp_path)
        async with bench(listen=False) as b:
            server = ServerContext(identity.certificate, identity.key)
            listener = await b.server.listen("tls", "127.0.0.1", 0, tls=server)
            b.port = listener.getHost().port
            hello = b"\x01" + (130_000).to_bytes(3, "big") + b"\x03\x03" + bytes(20_000)
            pieces = [hello[at : at + 1000] for at in range(0, len(hello), 1000)]
            caller = await b.call()
            for piece in pieces:
                caller.writer.write(b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece)
            assert await caller.ended() == b""
            await b.gone()
            assert b.counters.counts["closed", "tls_failed"] == 1

    run_on(new_loop, main)
