"""Points as geo URIs: read, refused, told."""

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.points import GeoUri, Point, point_of


def test_a_point_is_degrees_and_metres() -> None:
    assert point_of("geo:32.0415,118.7678;u=20") == Point(32.0415, 118.7678, 20)
    assert point_of("geo:-9,-0.5") == Point(-9, -0.5)
    assert str(point_of("geo:32.0415,118.7678;u=20")) == "32.041500, 118.767800 (WGS 84) ±20 m"
    assert str(point_of("geo:32.0415,118.7678")) == "32.041500, 118.767800 (WGS 84)"


@pytest.mark.parametrize(
    "text",
    ["", "32.0,118.7", "geo:91,0", "geo:0,181", "geo:1,2,3", "geo:1,2;crs=gcj", "geo:1e1,2", "geo:nan,1", "geo:１,2"],
)
def test_what_is_no_point_in_wgs_84_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(GeoUri).validate_python(text)
