"""Check digits are computed as the standards say, and believed only where a whole directory follows them."""

import pytest

from patients.matching.check_digits import luhn_digit, mod11_digit, nhs_digit, satisfies, verify

BODIES = [str(300_000_379 + at * 17) for at in range(200)]


@pytest.mark.parametrize(
    ("body", "digit"), [("7992739871", "3"), ("453201511283036", "6"), ("1789372997", "4")]
)
def test_luhn_follows_the_published_examples(body: str, digit: str) -> None:
    assert luhn_digit(body) == digit


def test_modulus_11_follows_the_published_examples() -> None:
    assert nhs_digit("943476591") == "9"
    assert mod11_digit("036532") == "7"


def test_a_wrong_digit_is_noticed() -> None:
    assert satisfies("luhn", "79927398713")
    assert not satisfies("luhn", "79927398714")
    assert not satisfies("", "79927398713")
    assert not satisfies("luhn", "")


@pytest.mark.parametrize(
    ("digit_of", "scheme"), [(luhn_digit, "luhn"), (mod11_digit, "mod11"), (nhs_digit, "mod11")]
)
def test_a_scheme_is_found_on_a_directory_that_follows_it(digit_of: object, scheme: str) -> None:
    assert callable(digit_of)
    assert verify(body + digit_of(body) for body in BODIES) == scheme


def test_prefixes_and_punctuation_do_not_hide_a_scheme() -> None:
    assert verify(f"MX-{body}{luhn_digit(body)}" for body in BODIES) == "luhn"


def test_no_scheme_is_believed_on_running_numbers_or_on_few() -> None:
    assert verify(BODIES) == ""
    assert verify(body + luhn_digit(body) for body in BODIES[:9]) == ""
    assert verify([]) == ""


def test_a_scheme_that_one_number_in_twenty_breaks_is_not_believed() -> None:
    numbers = [body + (luhn_digit(body) if at % 20 else "x") for at, body in enumerate(BODIES)]
    assert verify(numbers) == ""
