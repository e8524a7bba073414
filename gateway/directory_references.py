"""Whether what a directory document names exists, in the document or among what is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gateway.directory_mistakes import Mistake, unknown
from gateway.domain.directory import Directory
from gateway.storage.document import DeviceEntry, DirectoryDocument


def dangling(
    document: DirectoryDocument, known: Directory, dialects: Collection[str]
) -> Iterator[Mistake]:
    """Find every name that stands for nothing; ``dialects`` are the usable ones."""
    areas = {*known.areas, *(area.code for area in document.areas)}
    corps = {*known.corps, *(corp.code for corp in document.corps)}
    for at, area in enumerate(document.areas):
        if area.parent is not None and area.parent not in areas:
            yield unknown(("areas", at, "parent"), "area", area.parent, areas)
    for at, project in enumerate(document.projects):
        if project.area not in areas:
            yield unknown(("projects", at, "area"), "area", project.area, areas)
        if project.corp is not None and project.corp not in corps:
            yield unknown(("projects", at, "corp"), "company", project.corp, corps)
    yield from _unknown_makers(document, known)
    channels = _channels(document, known)
    for at, device in enumerate(document.devices):
        if device.dialect not in dialects:
            yield unknown(("devices", at, "dialect"), "usable dialect", device.dialect, dialects)
        yield from _nowhere(at, device, channels)


def _unknown_makers(document: DirectoryDocument, known: Directory) -> Iterator[Mistake]:
    suppliers = {*known.suppliers, *(supplier.code for supplier in document.suppliers)}
    models = {*known.models, *((model.supplier, model.name) for model in document.models)}
    for at, model in enumerate(document.models):
        if model.supplier not in suppliers:
            yield unknown(("models", at, "supplier"), "supplier", model.supplier, suppliers)
    for at, device in enumerate(document.devices):
        if device.supplier not in suppliers:
            yield unknown(("devices", at, "supplier"), "supplier", device.supplier, suppliers)
        elif (device.supplier, device.model) not in models:
            made = {name for supplier, name in models if supplier == device.supplier}
            what = f"model of supplier {device.supplier} named"
            yield unknown(("devices", at, "model"), what, device.model, made)


def _channels(document: DirectoryDocument, known: Directory) -> dict[str, set[str]]:
    """Return the channels of each project by its code."""
    found: dict[str, set[str]] = {project.code: set() for project in known.projects.values()}
    for channel in known.channels.values():
        found[known.projects[channel.project].code].add(channel.name)
    for project in document.projects:
        found.setdefault(project.code, set()).update(project.channels)
    return found


def _nowhere(at: int, device: DeviceEntry, channels: dict[str, set[str]]) -> Iterator[Mistake]:
    place = device.mounting
    if place is None:
        return
    if place.project not in channels:
        yield unknown(("devices", at, "project"), "project", place.project, channels)
    elif place.channel not in channels[place.project]:
        what = f"channel of project {place.project} named"
        yield unknown(("devices", at, "channel"), what, place.channel, channels[place.project])
