"""Every event the log can have: its level, and a sentence for operators.

A test walks the source and fails on an event that is logged but not declared here, declared but
never logged, logged at another level, or missing in ``docs/operators/log-events.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One kind of line in the log."""

    level: Level
    says: str


EVENTS: dict[str, LogEvent] = {
    "admin.call_failed": LogEvent(
        "error", "A command of an operator failed by a mistake of the gateway: report it."
    ),
    "capture.erased": LogEvent("info", "An operator erased so many captures."),
    "capture.expired": LogEvent("info", "So many captures were erased because their time was up."),
    "capture.exported": LogEvent("info", "An operator read or exported a capture."),
    "capture.kept": LogEvent(
        "info",
        "What a connection said around something that did not decode was kept: "
        "`gatepost capture show` with this number shows it.",
    ),
    "capture.recording": LogEvent(
        "warning",
        "An operator records what a terminal says for so many minutes; with `full` true nothing "
        "is redacted, pictures and templates neither.",
    ),
    "capture.refused": LogEvent(
        "warning", "An operator asked for a full recording, which the settings do not allow."
    ),
    "city.changed": LogEvent(
        "warning",
        "An operator noted or ended the decision on the city-wide gallery, or renewed it.",
    ),
    "city.closed": LogEvent("info", "The city-wide gallery left the memory."),
    "city.opened": LogEvent(
        "info", "The city-wide gallery is in memory and proved equal to the store."
    ),
    "city.out_of_step": LogEvent(
        "error",
        "A stored change of the city-wide gallery could not be made in memory, for the given "
        "reason; it is read anew before the next question. Report it if it comes again.",
    ),
    "city.warned": LogEvent(
        "warning",
        "Somebody was enrolled, and the city-wide gallery warns: `city_double`, somebody else has "
        "this face, see `gatepost person duplicates`; `city_unlike`, this is not the face of that "
        "number there; any other code says why it could not be asked.",
    ),
    "codec.opening_failed": LogEvent(
        "error",
        "A codec could not judge the first bytes of a connection and was passed over: a bug of it.",
    ),
    "codec.unusable": LogEvent(
        "error", "A codec could not be loaded; its terminals are not served until that is mended."
    ),
    "command.done": LogEvent("info", "A terminal did what it was ordered to."),
    "command.not_done": LogEvent(
        "warning",
        "An order was not carried out, or nobody knows; see `gatepost command show`.",
    ),
    "command.not_stored": LogEvent(
        "error",
        "What came of an order could not be stored; after a restart it counts as unknown.",
    ),
    "command.stray_outcome": LogEvent(
        "warning", "A terminal answered an order nobody waits for any more."
    ),
    "command.unknown_after_restart": LogEvent(
        "warning", "So many orders were under way when the gateway ended; look at each door."
    ),
    "database.not_restarted": LogEvent(
        "error",
        "The embedded database died and did not start again; terminals keep their records. "
        "Look at the reason, and at the disk.",
    ),
    "database.restarted": LogEvent(
        "warning", "The embedded database died and was started again; look at its own log."
    ),
    "device.back": LogEvent("info", "A terminal that had been offline was heard again."),
    "device.clock_offset": LogEvent(
        "warning", "A terminal's clock is more than 2 s off; its event times are corrected."
    ),
    "device.counter_regressed": LogEvent(
        "warning",
        "A terminal counts its records from a lower number than it had reached: it was reset "
        "or restored from a copy.",
    ),
    "device.firmware_changed": LogEvent(
        "warning",
        "A terminal runs another firmware than `before`; `quirks` are the deviations its codec now "
        "allows for.",
    ),
    "device.firmware_unproven": LogEvent(
        "warning",
        "No transcript covers this firmware: it is treated as the nearest lower one. Look at its "
        "records, and send its maker a capture.",
    ),
    "device.login_failed": LogEvent(
        "warning",
        "Somebody could not prove to be this terminal; `known` says whether it is registered, "
        "`locked_out` whether this address may not try it again for a while.",
    ),
    "device.offline": LogEvent(
        "warning", "A terminal was not heard beyond its deadline: link, power or the terminal."
    ),
    "device.refused": LogEvent(
        "warning", "A terminal proved its identity and was not admitted, for the given reason."
    ),
    "enrolment.captured": LogEvent(
        "info", "A terminal captured somebody; `gatepost person review` lists it for approval."
    ),
    "enrolment.not_captured": LogEvent(
        "warning", "A terminal that was to capture somebody has nothing, for the given reason."
    ),
    "enrolment.not_taken": LogEvent(
        "warning",
        "What a terminal captured of somebody was refused for good and is nowhere here: the code "
        "says why, such as enrolment.no_consent.",
    ),
    "enrolment.waived": LogEvent(
        "warning",
        "A template was enrolled although these rules were not met: the settings waive them, or "
        "somebody answered for them.",
    ),
    "errand.failed": LogEvent(
        "error",
        "Work at a terminal failed by a mistake of its codec: report it; its order counts as "
        "unknown where it may have moved something.",
    ),
    "gallery.closed": LogEvent(
        "info", "A project's gallery left the memory: none of its terminals is connected."
    ),
    "gallery.opened": LogEvent(
        "info", "A project's gallery is in memory and proved equal to the store."
    ),
    "gallery.out_of_step": LogEvent(
        "error",
        "A stored change could not be made in memory, for the given reason; the gallery is read "
        "anew. Report it if it comes again.",
    ),
    "gallery.unavailable": LogEvent(
        "error",
        "A project's gallery cannot be read, for the given reason; its terminals decide by "
        "themselves meanwhile. It is tried again and again; told once for each outage.",
    ),
    "gateway.draining": LogEvent(
        "info", "The gateway was told to stop and finishes what it has accepted."
    ),
    "gateway.duty_postponed": LogEvent(
        "warning", "Something regular waits for the database to answer again."
    ),
    "gateway.loop_blocked": LogEvent(
        "warning",
        "The gateway did nothing for so many seconds, and `stack` shows what held it: report it.",
    ),
    "gateway.started": LogEvent("info", "The gateway serves terminals."),
    "gateway.stopped": LogEvent("info", "The gateway has ended in good order."),
    "gateway.task_failed": LogEvent(
        "error", "A background task ended by a mistake of the gateway: report it."
    ),
    "library.message": LogEvent(
        "warning",
        "A library logged something, `logger` says which; the level is the library's own.",
    ),
    "listener.drained": LogEvent(
        "info", "A stop is complete; `unsettled` records were not answered and will come again."
    ),
    "listener.refused": LogEvent(
        "warning", "So many connections were not let in during the last second, by reason."
    ),
    "listener.started": LogEvent("info", "Terminals can connect at this address."),
    "listener.strangers": LogEvent(
        "warning",
        "So many lines about connections that never logged in were left out in the past second; "
        "the metrics count them all.",
    ),
    "listener.unproved": LogEvent(
        "warning",
        "Terminals whose logins prove nothing can connect at this address; only the addresses they "
        "are bound to keep impostors out.",
    ),
    "log.lines_dropped": LogEvent(
        "warning",
        "So many lines were lost before this one, because the log could not be written in time.",
    ),
    "people.changed": LogEvent(
        "info",
        "An operator added or dismissed somebody, or noted or ended a consent; people are named by "
        "their numbers.",
    ),
    "people.expired": LogEvent(
        "info",
        "So many enrolment photos, and the templates of so many people who had left, were erased "
        "because their time was up.",
    ),
    "people.filing_due": LogEvent(
        "warning",
        "So many people's faces are stored that it must be filed with the provincial authority "
        "until `due_ms`; `gatepost person filing` notes that it was.",
    ),
    "people.filing_near": LogEvent(
        "warning",
        "So many people's faces are stored that a filing will soon be due: prepare it.",
    ),
    "people.filing_overdue": LogEvent(
        "error",
        "It had to be filed until `due_ms` how many people's faces are stored, and was not.",
    ),
    "people.overridden": LogEvent(
        "warning",
        "An operator had a photo enrolled in spite of these codes and answers for it.",
    ),
    "person.leaves_terminal": LogEvent(
        "info",
        "Somebody who was sent to a terminal is engaged there no more, or withdrew: the gateway "
        "ordered the removal.",
    ),
    "person.not_removed": LogEvent(
        "warning",
        "The removal of somebody from a terminal could not be ordered; `code` says why, and it is "
        "tried again.",
    ),
    "picture.damaged": LogEvent(
        "warning", "A picture came complete but is no complete JPEG; it is kept as it came."
    ),
    "picture.rejected": LogEvent("error", "The database refuses a picture; it was declined."),
    "record.conflict": LogEvent(
        "error",
        "A terminal sent a record with the identity of an older one but other contents; both are "
        "kept in quarantine. The terminal was cloned, or restored from a copy.",
    ),
    "record.gap": LogEvent(
        "warning", "Records of a terminal are missing here and were asked for again."
    ),
    "record.gap_searched": LogEvent(
        "info", "A terminal's memory was searched for missing records, and what it had is here."
    ),
    "record.gap_told": LogEvent(
        "warning",
        "A terminal recorded events before this one that are not here. Its memory is searched for "
        "them where the gateway has a way to it.",
    ),
    "record.gap_unanswered": LogEvent(
        "error", "A terminal no longer has records that never arrived: they are lost."
    ),
    "record.lost": LogEvent(
        "warning", "A terminal says that it gave up these records before it could send them."
    ),
    "record.lost_refused": LogEvent(
        "error",
        "A terminal gave up a range of records that is none; its firmware counts wrongly.",
    ),
    "record.rejected": LogEvent(
        "error",
        "The database refuses a record; it is kept with its bytes and was acknowledged, as "
        "sending it again cannot help.",
    ),
    "serial.lost": LogEvent(
        "warning",
        "A serial port is gone: the adapter was pulled, or its driver gave up. It is opened again "
        "as soon as it is back.",
    ),
    "serial.opened": LogEvent("info", "A serial port is open and serves its terminal."),
    "serial.unavailable": LogEvent(
        "error",
        "A serial port cannot be had, for the given reason; `remedy` says what to do. It is tried "
        "again and again; told once for each reason.",
    ),
    "session.closed": LogEvent("info", "A connection ended, for the given reason."),
    "session.codec_error": LogEvent(
        "error", "A codec raised an exception; the connection was cut. Always a bug: report it."
    ),
    "session.handling_error": LogEvent(
        "error", "Handling an event failed; the connection was cut. Always a bug: report it."
    ),
    "session.opened": LogEvent("info", "A terminal logged in."),
    "session.protocol_error": LogEvent(
        "warning", "A terminal broke its protocol; told once for each connection."
    ),
    "session.taken_over": LogEvent(
        "warning",
        "A terminal logged in again while its older connection was still open. With `elsewhere` "
        "true it came from another address: two terminals may share one identity.",
    ),
    "source.locked_out": LogEvent(
        "warning",
        "So many logins from this address failed within `window_s` seconds that nobody new is "
        "answered there for as long: terminals with wrong keys, or somebody who guesses.",
    ),
    "store.back": LogEvent("info", "Records are stored again; terminals send what they kept."),
    "store.unavailable": LogEvent(
        "error",
        "Records cannot be stored, for the given reason; terminals are told to keep them and to "
        "come again. Told once for each outage.",
    ),
    "stream.begun": LogEvent("info", "A terminal that cannot report is read."),
    "stream.failed": LogEvent(
        "error",
        "What a terminal that is read told could not be taken: a bug, report it. The stream is "
        "opened again.",
    ),
    "stream.lost": LogEvent(
        "warning",
        "A terminal that is read gives no more events; it is tried again and again, and what it "
        "records meanwhile is searched for afterwards.",
    ),
    "terminal.account_refused": LogEvent(
        "error",
        "A terminal refuses the account we were given for it, or wants a proof we do not give; "
        "it is left alone for a while so that it does not lock itself: `gatepost device reach`.",
    ),
    "terminal.other": LogEvent(
        "error",
        "At a terminal's address another one answers, or one that does not say who it is: nothing "
        "is ordered and nothing read there. Correct the address: `gatepost device reach`.",
    ),
    "terminal.reached": LogEvent("info", "A terminal that could not be reached answers again."),
    "terminal.unreachable": LogEvent(
        "warning",
        "A terminal that has something to do cannot be reached; it is tried again and again, and "
        "its orders wait.",
    ),
    "verdict.not_told": LogEvent(
        "warning",
        "A verdict did not reach the terminal, or nobody knows, for the given reason; told once "
        "until one gets through.",
    ),
    "verification.failed": LogEvent(
        "error",
        "A question who may pass failed by a mistake of the gateway; the terminal was told to "
        "decide by itself. Report it.",
    ),
    "verification.not_kept": LogEvent(
        "error",
        "The database refuses records of so many decisions; they are lost, the answers at the "
        "gates were right all the same. Report it.",
    ),
    "verification.template_refused": LogEvent(
        "warning",
        "A terminal sent a template, or a picture in its place, that nobody could compare, for the "
        "given reason; told once for each reason and connection, the metrics count them all. "
        "`not_finite`, `zero`, `length` and `form` are its firmware's; `foreign`, `dimension` and "
        "`no_threshold` mean another model than people are enrolled with.",
    ),
}
