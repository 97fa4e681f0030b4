"""A point on the ground as a geo URI (RFC 5870): `geo:32.0415,118.7678;u=20`.

Latitude and longitude are degrees in WGS 84, as satellites and browsers give them; `u` is by how many metres it may be
off.
Maps of the country are drawn in GCJ-02, some hundred metres away: whoever shows a point on one converts it there.
"""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, StringConstraints

SHAPE = r"geo:(-?\d{1,2}(?:\.\d{1,7})?),(-?\d{1,3}(?:\.\d{1,7})?)(?:;u=(\d{1,6}))?"


class Point(NamedTuple):
    """Degrees north and east in WGS 84; `off` is in metres, None where nobody said."""

    latitude: float
    longitude: float
    off: int | None = None

    def __str__(self) -> str:
        """Both numbers as people write them, and how sure they are."""
        sure = "" if self.off is None else f" ±{self.off} m"
        return f"{self.latitude:.6f}, {self.longitude:.6f} (WGS 84){sure}"


def point_of(uri: str) -> Point:
    """The point in a geo URI; ValueError where it is none."""
    found = re.fullmatch(SHAPE, uri, re.ASCII)
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        raise ValueError("不是 WGS 84 坐标，例如 geo:32.0415,118.7678 / no point in WGS 84")
    return Point(float(found[1]), float(found[2]), int(found[3]) if found[3] else None)


def _checked(uri: str) -> str:
    point_of(uri)
    return uri


GeoUri = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64), AfterValidator(_checked)]
"""A point as a command takes it."""
