"""A terminal as whoever manages it sees it: which address leads to what.

Owns the table of addresses; knows nothing of what carries a request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from gateway.codecs.hikvision.device_memory import EventMemory
from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply
from gateway.codecs.hikvision.isapi_device.doors import Decide, Doors, Happen
from gateway.codecs.hikvision.isapi_device.faces import Faces
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.hosts import Hosts
from gateway.codecs.hikvision.isapi_device.people import People
from gateway.codecs.hikvision.isapi_device.search import Search
from gateway.codecs.hikvision.isapi_device.setup import Setup
from gateway.codecs.hikvision.isapi_device.statuses import Unwilling, unwilling
from gateway.codecs.hikvision.isapi_device.system import Nameplate, System

from gateway.domain.times import Instant

Plain = Callable[[Asked], Reply]
Timed = Callable[[Asked, Instant], Reply]

ALERT_STREAM = "/ISAPI/Event/notification/alertStream"


class IsapiTerminal:
    """What a terminal's web server serves; survives its connections."""

    def __init__(
        self,
        plate: Nameplate,
        habits: Habits,
        memory: EventMemory,
        happen: Happen,
        decide: Decide,
    ) -> None:
        """``memory`` holds the events a search finds, ``happen`` makes new ones."""
        self.habits = habits
        self.memory = memory
        self.people = People(habits)
        self.faces = Faces(self.people, habits)
        self.search = Search(memory, habits)
        self.hosts = Hosts(habits)
        self.setup = Setup(habits)
        self.system = System(plate, habits)
        self.doors = Doors(habits, happen, decide)
        self._routes: list[tuple[str, re.Pattern[str], Timed]] = [
            (method, re.compile(f"/ISAPI/{path}\\Z"), serve)
            for table in (self._system(), self._access(), self._people(), self._faces())
            for method, path, serve in table
        ]

    def answer(self, request: Asked, now: Instant) -> Reply:
        """Do what is asked; never raises."""
        try:
            return self._serve(request)(request, now)
        except Unwilling as why:
            return unwilling(why, request, self.habits)

    def _serve(self, request: Asked) -> Timed:
        known = [one for one in self._routes if one[1].match(request.path)]
        for method, _, serve in known:
            if method == request.method:
                return serve
        raise Unwilling("methodNotAllowed" if known else "notSupport")

    def _system(self) -> Iterable[tuple[str, str, Timed]]:
        system, hosts = self.system, self.hosts
        one = "Event/notification/httpHosts/[0-9]+"
        return (
            ("GET", "System/deviceInfo", system.device_info),
            ("GET", "System/capabilities", system.capabilities),
            ("GET", "System/time", system.show_time),
            ("PUT", "System/time", system.set_time),
            ("PUT", "System/reboot", system.reboot),
            ("POST", "System/updateFirmware", system.take_image),
            ("GET", "System/upgradeStatus", system.progress),
            ("GET", "Event/notification/alertStream", _stream),
            ("GET", "Event/notification/httpHosts", _plain(hosts.show_all)),
            ("PUT", "Event/notification/httpHosts", _plain(hosts.put)),
            ("POST", "Event/notification/httpHosts", _plain(hosts.put)),
            ("GET", "Event/notification/httpHosts/capabilities", _plain(hosts.capabilities)),
            ("GET", one, _plain(hosts.show)),
            ("PUT", one, _plain(hosts.put)),
            ("POST", f"{one}/test", _plain(hosts.test)),
        )

    def _access(self) -> Iterable[tuple[str, str, Timed]]:
        setup, search, doors = self.setup, self.search, self.doors
        return (
            ("GET", "AccessControl/capabilities", _plain(setup.all)),
            ("GET", "AccessControl/AcsCfg", _plain(setup.show)),
            ("PUT", "AccessControl/AcsCfg", _plain(setup.put)),
            ("GET", "AccessControl/AcsCfg/capabilities", _plain(setup.capabilities)),
            ("GET", "AccessControl/remoteCheck/capabilities", _plain(setup.verdicts)),
            ("PUT", "AccessControl/remoteCheck", doors.verdict),
            ("GET", "AccessControl/RemoteControl/door/capabilities", _plain(doors.capabilities)),
            ("PUT", "AccessControl/RemoteControl/door/[0-9]+", self._control),
            ("GET", "AccessControl/AcsEvent/capabilities", _plain(search.capabilities)),
            ("POST", "AccessControl/AcsEvent", _plain(search.find)),
            ("POST", "AccessControl/AcsEventTotalNum", _plain(search.count)),
        )

    def _people(self) -> Iterable[tuple[str, str, Timed]]:
        people = self.people
        return (
            ("GET", "AccessControl/UserInfo/capabilities", _plain(people.capabilities)),
            ("GET", "AccessControl/UserInfo/Count", _plain(people.count)),
            ("POST", "AccessControl/UserInfo/Record", _plain(people.add)),
            ("PUT", "AccessControl/UserInfo/SetUp", _plain(people.set_up)),
            ("PUT", "AccessControl/UserInfo/Modify", _plain(people.modify)),
            ("POST", "AccessControl/UserInfo/Search", _plain(people.search)),
            ("PUT", "AccessControl/UserInfo/Delete", _plain(people.delete)),
            ("PUT", "AccessControl/UserInfoDetail/Delete", _plain(people.delete_all_of)),
            ("GET", "AccessControl/UserInfoDetail/DeleteProcess", _plain(people.progress)),
        )

    def _faces(self) -> Iterable[tuple[str, str, Timed]]:
        faces = self.faces
        return (
            ("GET", "Intelligent/FDLib/capabilities", _plain(faces.capabilities)),
            ("GET", "Intelligent/FDLib/Count", _plain(faces.count)),
            ("POST", "Intelligent/FDLib/FaceDataRecord", _plain(faces.add)),
            ("PUT", "Intelligent/FDLib/FDSetUp", _plain(faces.set_up)),
            ("PUT", "Intelligent/FDLib/FDModify", _plain(faces.modify)),
            ("POST", "Intelligent/FDLib/FDSearch", _plain(faces.search)),
            ("PUT", "Intelligent/FDLib/FDSearch/Delete", _plain(faces.delete)),
        )

    def _control(self, request: Asked, now: Instant) -> Reply:
        return self.doors.control(request, self.system.time(now), now)


def _plain(serve: Plain) -> Timed:
    return lambda request, _: serve(request)


def _stream(request: Asked, now: Instant) -> Reply:
    del request, now
    return Reply(streams=True)
