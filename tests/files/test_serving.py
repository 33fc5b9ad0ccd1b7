"""What a browser holds already is recognised however it says so (RFC 9110, 13.1.2)."""

import pytest

from files.serving import is_current


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ('"aa"', False),
    ],
)
def test_an_etag_is_compared_weakly(held: str, expected: bool) -> None:
    assert is_current('"a"', held) is expected
