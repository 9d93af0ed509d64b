"""Time zones by name, and wall clock times that a change of the clock leaves out or has twice."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

WINDOWS = {
    "W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest",
    "Romance Standard Time": "Europe/Paris", "Central European Standard Time": "Europe/Warsaw",
    "GMT Standard Time": "Europe/London", "Greenwich Standard Time": "Atlantic/Reykjavik",
    "E. Europe Standard Time": "Europe/Chisinau", "FLE Standard Time": "Europe/Kiev",
    "GTB Standard Time": "Europe/Bucharest", "Russian Standard Time": "Europe/Moscow",
    "Turkey Standard Time": "Europe/Istanbul", "Israel Standard Time": "Asia/Jerusalem",
    "Eastern Standard Time": "America/New_York", "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver", "US Mountain Standard Time": "America/Phoenix",
    "Pacific Standard Time": "America/Los_Angeles", "Alaskan Standard Time": "America/Anchorage",
    "Hawaiian Standard Time": "Pacific/Honolulu", "Atlantic Standard Time": "America/Halifax",
    "E. South America Standard Time": "America/Sao_Paulo", "India Standard Time": "Asia/Kolkata",
    "China Standard Time": "Asia/Shanghai", "Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul",
    "Singapore Standard Time": "Asia/Singapore", "AUS Eastern Standard Time": "Australia/Sydney",
    "New Zealand Standard Time": "Pacific/Auckland", "UTC": "UTC",
}  # fmt: skip
"""What Outlook calls the zones that most calendars of teams are in (Unicode CLDR, windowsZones)."""


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo | None:
    """The zone of a name as the IANA, Outlook or an old calendar program writes it; None when there is none."""
    plain = name.strip().strip('"')
    parts = plain.split("/")
    tries = [WINDOWS.get(plain, plain), "/".join(parts[-2:]), "/".join(parts[-3:])]
    for candidate in tries:
        try:
            return ZoneInfo(candidate)
        except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError, below
            continue
        except KeyError:
            continue
    return None


def at_wall(wall: datetime, name: str) -> datetime:
    """The moment in UTC at which clocks of the zone show ``wall`` (naive).

    Of a time that comes twice, the first; one that is left out is the moment at which clocks are put forward past it.
    """
    place = zone(name) or UTC
    return wall.replace(tzinfo=place, fold=0).astimezone(UTC)


def wall(moment: datetime, name: str) -> datetime:
    """What clocks of the zone show then (naive)."""
    return moment.astimezone(zone(name) or UTC).replace(tzinfo=None)


def wall_name(moment: datetime, name: str) -> str:
    """What the zone calls its time then: ``CET``, ``CEST``, ``UTC``; where it has no name, how far it is from UTC."""
    return moment.astimezone(zone(name) or UTC).tzname() or "UTC"
