"""G10: pictures of 50 KB per second, from the first chunk to a durable, confirmed picture."""

from __future__ import annotations

from gateway.codecs.yls.limits import DEFAULT_WINDOW

from benchmarks.bench import Bench, Measurement
from benchmarks.database import BLOB_BATCH, Bare
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.client import BenchmarkError, generator
from benchmarks.load.frames import CHUNK, PICTURE
from benchmarks.stats import middle
from benchmarks.watch import GATEWAY, Watch

WHAT = "pictures of 50 KB per second, durable, end to end / bare bytea EXTERNAL, 16 a commit"


def measure(bench: Bench) -> list[Result]:
    """Send pictures until each is confirmed, and store bare values, in turn."""
    count, each = bench.size(200, 80), bench.size(6, 3)
    total = count * each
    bare = Bare(bench.site.dsn)
    ours: list[float] = []
    cpu: list[float] = []
    limit: list[float] = []
    serials = bench.site.terminals(count)
    with bench.site.gateway() as gateway, generator() as load:
        load.connect("gateway", gateway.tcp, serials)
        watched = Watch()
        for _ in range(bench.rounds):
            load.beat("gateway", count)
            load.prepare("gateway", "pictures", 0, count, each)
            held = bare.rows_in("picture")
            # What an encrypted answer says cannot be read in passing: the table is the proof.
            with watched.round(bench.site, gateway, load):
                told = load.closed("gateway", 0, count, DEFAULT_WINDOW, checked=False)
            cpu.append(watched.cpu(GATEWAY) / total)
            ours.append(total / told["seconds"])
            stored = bare.rows_in("picture") - held
            if stored != total:
                raise BenchmarkError(f"{total} pictures sent, {stored} stored")
            limit.append(bare.blobs(total))
    ratios = [mine / theirs for mine, theirs in zip(ours, limit, strict=True)]
    frames = -(-PICTURE // CHUNK) + 2
    return [
        Result(
            row="G10",
            what=WHAT,
            ours=f"{middle(ours):,.0f} pictures/s ({middle(ours) * PICTURE / 1e6:.0f} MB/s)",
            limit=f"{middle(limit):,.0f} values/s, {BLOB_BATCH} a commit",
            checks=[
                Check(goal=Goal(name=WHAT, better="more", must=0.35, stretch=0.5), rounds=ratios)
            ],
            bound=f"A picture is {frames} frames, each decrypted, checked and answered under "
            "AES-CCM, and each answer a system call, then encrypted for the table. Those that are "
            "complete while others commit share a transaction, up to 16.",
            notes=[
                (
                    f"plain TCP with encrypted frames (ENC); {count} terminals; "
                    f"{middle(cpu) * 1e6:,.0f} µs of gateway a picture"
                ),
                watched.note(),
            ],
        )
    ]


MEASUREMENTS = (Measurement(rows=("G10",), work=measure),)
