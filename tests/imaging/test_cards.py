"""A label's code is a record number where it says so, and whatever could be another number is none."""

import pytest

from imaging.cards import number_on, numbers_on
from imaging.facts import Code

N = "10423381"
TEXTS: dict[str, tuple[str, str | None]] = {
    "the number alone": (N, N),
    "with blanks around": (f"  {N} ", N),
    "with a prefix": ("HC-0042338", "HC-0042338"),
    "with a letter": ("A123456", "A123456"),
    "with a check digit": ("10423381-7", "10423381-7"),
    "with dots": ("104.233.81", "104.233.81"),
    "with zeros": ("0000123", "0000123"),
    "labelled with a colon": (f"MRN:{N}", N),
    "labelled with a blank": (f"NHC {N}", N),
    "labelled with an equals sign": (f"PID={N}", N),
    "labelled and glued": (f"MRN{N}", N),
    "labelled in two words": (f"Patient ID: {N}", N),
    "labelled in Spanish": (f"Historia clínica: {N}", None),
    "labelled in Spanish, plain": (f"Historia clinica: {N}", N),
    "labelled as something else": (f"Episode: {N}", None),
    "labelled beside the episode": (f"MRN: {N} | Episode: 9000123", N),
    "HL7": (f"PID|1||{N}^^^HOSP^MR||GARCIA^MARIA||19700101|F", N),
    "HL7 without a type": (f"PID|1||{N}||GARCIA^MARIA", N),
    "HL7 with several": (f"PID|1||999888777^^^GOV^SS~{N}^^^HOSP^MR||GARCIA^MARIA", N),
    "HL7 without a number": ("PID|1||||GARCIA^MARIA||19700101|F", None),
    "HL7 cut off": ("PID|1", None),
    "fields between bars": (f"{N}|GARCIA LOPEZ|MARIA|1970-01-01|F", N),
    "fields between semicolons": (f"{N};GARCIA;MARIA;19700101", N),
    "fields between carets": (f"GARCIA^MARIA^{N}", N),
    "HL7 behind its message's head": (f"MSH|^~&|HIS|PID|1||{N}^^^HOSP^MR||GARCIA^MARIA", N),
    "fields with two numbers": (f"{N}|9000123|GARCIA", None),
    "JSON": (f'{{"mrn": "{N}", "name": "Maria"}}', N),
    "JSON with a number": (f'{{"patient_id": {N}}}', N),
    "JSON with something else": (f'{{"order": {N}}}', None),
    "JSON that is none": ('{"mrn": ', None),
    "JSON too deep": ("[" * 5000, None),
    "JSON with true": ('{"mrn": true}', None),
    "web address with the number": (f"https://his.example/p?ward=3&mrn={N}", N),
    "web address": (f"https://his.example/{N}", None),
    "broken web address": (f"https://[::1/p?mrn={N}", N),
    "no web address at all": ("http://[x", None),
    "GS1 recipient": ("(8018)341234512345678906", "341234512345678906"),
    "GS1 recipient among others": ("(8018)341234512345678906(8019)12", "341234512345678906"),
    "GS1 provider, which is a nurse's badge": ("(8017)341234512345678906", None),
    "GS1 article": ("(01)09501101530003(17)270101(10)12345678", None),
    "health industry label": ("+H123ABC01234567", None),
    "blood": ("=W00001234567800", None),
    "contact": ("BEGIN:VCARD|TEL:5551234567", None),
    "network": ("WIFI:S:Ward 3;P:12345678;;", None),
    "telephone": ("tel:+5255512345678", None),
    "date": ("1970-01-01", None),
    "words": ("Ward 3", None),
    "too short": ("123", None),
    "too long": ("1" * 21, None),
    "nothing": ("", None),
}


def code(text: str) -> Code:
    return Code(text=text, format="QRCode", area_fraction=0.1)


@pytest.mark.parametrize(("text", "number"), TEXTS.values(), ids=TEXTS)
def test_the_forms_of_a_label(text: str, number: str | None) -> None:
    assert number_on([code(text)]) == number


LABELS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "no code": ([], ()),
    "the same twice": ([N, f"MRN:{N}"], (N,)),
    "named beside bare": ([f"MRN:{N}", "9000123"], (N,)),
    "bare beside bare": ([N, "9000123"], (N, "9000123")),
    "named beside another named": ([f"MRN:{N}", "MRN:9000123"], (N, "9000123")),
    "bare beside a drug": ([N, "(01)09501101530003"], (N,)),
}


@pytest.mark.parametrize(("texts", "numbers"), LABELS.values(), ids=LABELS)
def test_several_codes_agree_or_there_is_no_number(texts: list[str], numbers: tuple[str, ...]) -> None:
    codes = [code(text) for text in texts]
    assert numbers_on(codes) == numbers
    assert number_on(codes) == (numbers[0] if len(numbers) == 1 else None)
