"""The settings of matching in a browser without JavaScript: policy, the clinic's own patterns, the bench."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import BatchFile
from clinics.models import AuditEntry, Clinic, User
from patients.matcher import match
from patients.matching.check_digits import luhn_digit
from patients.models import FilenamePattern, Patient
from tests import factories
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db

MATCHING = "/settings/matching"
POLICY = {
    "assign_confidence": "0.95",
    "review_confidence": "0.6",
    "bare_number_policy": "check_digit",
    "unknown_patients": "hold",
    "card_pause_minutes": "30",
    "review_claim_minutes": "5",
    "unmerge_days": "30",
}
# Today the word beside the name stops it; the pattern says what it is.
NAME = "GARZA TIJERINA, MARIA ESTHER__19570423__Zzyzx.jpg"
PATTERN = "{family}, {given}__{birth:YYYYMMDD}__{type}"


@pytest.fixture
def browser(admin_user: User) -> Client:
    return factories.browser_of(admin_user)


def texts(clinic: Clinic) -> list[str]:
    return list(FilenamePattern.objects.filter(clinic=clinic).values_list("text", flat=True))


def make_patterns(clinic: Clinic, *all_texts: str) -> list[FilenamePattern]:
    return [
        FilenamePattern.objects.create(clinic=clinic, text=text, position=position)
        for position, text in enumerate(all_texts)
    ]


def was_told_to_try_again(clinic: Clinic) -> bool:
    """Has the clinic's directory moved on, and is it put back for the next question?"""
    moved = Clinic.objects.get(pk=clinic.pk).directory_changed_at is not None
    Clinic.objects.filter(pk=clinic.pk).update(directory_changed_at=None)
    return moved


def last_audit(clinic: Clinic) -> tuple[str, dict[str, Any]]:
    entry = AuditEntry.objects.filter(clinic=clinic)[0]
    return entry.action, entry.detail


def test_the_menu_of_an_administrator_leads_there_and_nobody_elses(browser: Client, reviewer: User) -> None:
    assert MATCHING in text_of(browser.get(reverse("batches:list")))
    other = factories.browser_of(reviewer)
    assert MATCHING not in text_of(other.get(reverse("batches:list")))


def test_the_policy_is_changed_audited_and_what_waits_is_tried_again(browser: Client, clinic: Clinic) -> None:
    changed = POLICY | {"assign_confidence": "0.99", "name_alone": "on", "unknown_patients": "provisional"}
    page = text_of(send(browser, MATCHING, **changed))

    assert "Saved: “File without a look from”" in page
    clinic.refresh_from_db()
    assert (clinic.assign_confidence, clinic.name_alone, clinic.unknown_patients) == (
        0.99,
        True,
        "provisional",
    )
    assert last_audit(clinic) == (
        "matching-policy-changed",
        {
            "assign_confidence": [0.95, 0.99],
            "name_alone": [False, True],
            "unknown_patients": ["hold", "provisional"],
        },
    )
    assert was_told_to_try_again(clinic)


def test_a_policy_that_is_saved_as_it_was_changes_nothing(browser: Client, clinic: Clinic) -> None:
    assert "Nothing was changed" in text_of(send(browser, MATCHING, **POLICY))
    assert not AuditEntry.objects.exists()
    assert not was_told_to_try_again(clinic)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"assign_confidence": "1.1"}, "less than or equal to 1"),
        ({"review_confidence": "-0.1"}, "greater than or equal to 0"),
        ({"assign_confidence": "nan"}, "Enter a number"),
        ({"assign_confidence": "0.5"}, "must not be lower than what is needed to suggest"),
        ({"bare_number_policy": "sometimes"}, "Select a valid choice"),
        ({"card_pause_minutes": "0"}, "greater than or equal to 1"),
        ({"unmerge_days": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_beside_its_field(
    browser: Client, clinic: Clinic, fields: dict[str, str], said: str
) -> None:
    answer = send(browser, MATCHING, **(POLICY | fields))
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert Clinic.objects.get(pk=clinic.pk).assign_confidence == 0.95
    assert not AuditEntry.objects.exists()


def test_rules_are_tried_on_names_before_they_are_saved(
    browser: Client, clinic: Clinic, patient: Patient
) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(check_digit=Clinic.CheckDigit.LUHN)
    bare = "3000003801"  # whose check digit is wrong
    factories.make_patient(clinic, bare, "Okafor", "Chidi")
    names = f"{bare}.jpg\n3000009997_Pereda Ríos, Luz.jpg\nsin nombre.jpg"
    tried = POLICY | {"bare_number_policy": "always", "unknown_patients": "provisional", "names": names}
    page = text_of(send(browser, f"{MATCHING}/try", **tried))
    assert "3 names tried. Compared with today, 2 would be filed without a look." in page
    assert "Filed for a new provisional patient" in page
    assert "With these rules" in page
    assert 'value="always" ' in page
    clinic.refresh_from_db()
    assert (clinic.bare_number_policy, clinic.unknown_patients) == ("check_digit", "hold")
    assert Patient.objects.count() == 2
    assert not AuditEntry.objects.filter(action="matching-policy-changed").exists()


def test_stricter_rules_say_what_would_wait(browser: Client, clinic: Clinic, patient: Patient) -> None:
    name = f"{patient.mrn}_Garza Tijerina_María Esther.jpg"
    page = text_of(send(browser, f"{MATCHING}/try", **POLICY, names=name))
    assert "1 name tried. Compared with today, nothing would change." in page
    page = text_of(send(browser, f"{MATCHING}/try", **POLICY | {"assign_confidence": "1.0"}, names=name))
    assert "1 would wait for a person instead of being filed" in page
    wrong = send(browser, f"{MATCHING}/try", **POLICY | {"assign_confidence": "0.1"}, names=name)
    assert wrong.status_code == 400
    assert browser.get(f"{MATCHING}/try").status_code == 405


def test_the_check_digit_is_verified_at_a_press(browser: Client, clinic: Clinic) -> None:
    assert "no check digit" in text_of(browser.get(MATCHING))
    for number in range(12):
        body = f"30000{number:04}"
        Patient.objects.create(clinic=clinic, mrn=body + luhn_digit(body), family_name="Ruiz")

    answer = send(browser, "/settings/matching/check-digit")

    assert answer["Location"] == f"{MATCHING}#numbers"
    page = text_of(browser.get(MATCHING))
    assert "Luhn check digit" in page
    assert "12 record numbers" in page
    assert last_audit(clinic) == ("check-digit-verified", {"scheme": "luhn", "before": ""})
    assert was_told_to_try_again(clinic)


def test_a_pattern_is_added_and_reads_from_then_on(browser: Client, clinic: Clinic, patient: Patient) -> None:
    assert match(clinic, NAME).decision != "assign"

    answer = send(browser, "/settings/patterns/new", text=PATTERN)

    assert answer["Location"] == f"{MATCHING}#patterns"
    result = match(clinic, NAME)
    assert (str(result.decision), result.patient_id) == ("assign", str(patient.pk))
    action, detail = last_audit(clinic)
    assert action == "filename-pattern-added"
    assert detail["placeholders"] == ["family", "given", "birth", "type"]
    assert was_told_to_try_again(clinic)


@pytest.mark.parametrize("text", ["{mrn}_*", "{mrn}_*, *"])
def test_a_pattern_does_not_hide_what_speaks_against_it(clinic: Clinic, patient: Patient, text: str) -> None:
    clinic.bare_number_policy = Clinic.BareNumber.ALWAYS
    clinic.save()
    factories.make_patient(clinic, "3000004444", "Ruiz Lopez", "Ana")
    make_patterns(clinic, text)
    assert match(clinic, f"{patient.mrn}_RUIZ LOPEZ, ANA.jpg").decision == "review"
    assert match(clinic, f"{patient.mrn}_3000004444, 2.jpg").decision == "review"


def test_what_the_audit_keeps_of_a_pattern_has_none_of_its_letters(browser: Client, clinic: Clinic) -> None:
    send(browser, "/settings/patterns/new", text="garza {mrn}")
    assert "garza" not in str(last_audit(clinic)).lower()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Write a pattern"),
        ("{mrn}_{famly}", "Character 7: “famly” is no placeholder. Do you mean {family}?"),
        ("{mrn}_{family}", "has the pattern already"),
        ("{mrn}" + "_" * 300, "at most 200 characters"),
    ],
)
def test_a_wrong_pattern_is_not_saved_and_its_page_says_why(
    browser: Client, clinic: Clinic, text: str, said: str
) -> None:
    make_patterns(clinic, "{mrn}_{family}")
    answer = send(browser, "/settings/patterns/new", text=text, names=NAME)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert said in page
    assert NAME in page
    assert texts(clinic) == ["{mrn}_{family}"]


def test_there_is_an_end_to_patterns(browser: Client, clinic: Clinic) -> None:
    make_patterns(clinic, *(f"{number}_{{mrn}}" for number in range(20)))
    assert "New pattern" not in text_of(browser.get(MATCHING))
    answer = send(browser, "/settings/patterns/new", text="x_{mrn}")
    assert "at most 20 patterns" in text_of(answer)
    assert len(texts(clinic)) == 20


def test_a_pattern_is_changed_in_its_place(browser: Client, clinic: Clinic) -> None:
    first, _ = make_patterns(clinic, "a_{mrn}", "b_{mrn}")
    send(browser, f"/settings/patterns/{first.pk}", text="c_{mrn}")
    assert texts(clinic) == ["c_{mrn}", "b_{mrn}"]
    assert last_audit(clinic)[0] == "filename-pattern-changed"


def test_patterns_are_put_in_order(browser: Client, clinic: Clinic) -> None:
    first, second, third = make_patterns(clinic, "a_{mrn}", "b_{mrn}", "c_{mrn}")
    for row, to in ((third, "up"), (first, "down"), (third, "up"), (second, "down")):
        send(browser, f"/settings/patterns/{row.pk}/move", to=to)
    assert texts(clinic) == ["c_{mrn}", "a_{mrn}", "b_{mrn}"]
    assert was_told_to_try_again(clinic)


def test_a_pattern_that_was_removed_can_be_put_back_where_it_stood(browser: Client, clinic: Clinic) -> None:
    first, *_ = make_patterns(clinic, "a_{mrn}", "b_{mrn}")
    send(browser, f"/settings/patterns/{first.pk}/remove")
    assert texts(clinic) == ["b_{mrn}"]
    assert "Put it back" in text_of(browser.get(MATCHING))

    send(browser, "/settings/patterns/restore")
    assert texts(clinic) == ["a_{mrn}", "b_{mrn}"]
    assert "Put it back" not in text_of(browser.get(MATCHING))
    send(browser, "/settings/patterns/restore")
    assert len(texts(clinic)) == 2


def test_a_pattern_that_was_removed_in_one_clinic_is_not_offered_in_another(
    browser: Client, clinic: Clinic, other_clinic: Clinic, admin_user: User
) -> None:
    (row,) = make_patterns(clinic, "a_{mrn}")
    send(browser, f"/settings/patterns/{row.pk}/remove")
    membership = admin_user.memberships.create(clinic=other_clinic, role="admin")
    send(browser, reverse("clinics:choose_clinic"), membership=str(membership.pk))
    assert "Put it back" not in text_of(browser.get(MATCHING))
    send(browser, "/settings/patterns/restore")
    assert not texts(other_clinic)


@pytest.mark.parametrize("verb", ["", "/move", "/remove"], ids=["edit", "move", "remove"])
def test_a_pattern_of_another_clinic_is_not_there(browser: Client, other_clinic: Clinic, verb: str) -> None:
    (row,) = make_patterns(other_clinic, "a_{mrn}")
    answer = send(browser, f"/settings/patterns/{row.pk}{verb}", text="b_{mrn}", to="up")
    assert answer.status_code == 404
    assert texts(other_clinic) == ["a_{mrn}"]


@pytest.mark.parametrize(
    "path",
    [
        "matching",
        "matching/check-digit",
        "patterns/new",
        "patterns/try",
        "patterns/restore",
        "patterns/recent-names",
    ],
)
def test_nobody_but_an_administrator_changes_or_tries_anything(
    clinician: User, clinic: Clinic, path: str
) -> None:
    answer = send(factories.browser_of(clinician), f"/settings/{path}", **POLICY, text="{mrn}", names=NAME)
    assert answer.status_code == 403
    assert not texts(clinic)


def test_the_bench_says_what_each_part_is_and_what_the_pattern_changes(
    browser: Client, clinic: Clinic, patient: Patient
) -> None:
    names = f"{NAME}\n\nIMG_1.jpg\n"
    page = text_of(send(browser, "/settings/patterns/try", text=PATTERN, names=names))

    assert "The pattern fits 1 of 2 names. Compared with today, 1 would be filed without a look." in page
    assert "<dt>Family names</dt><dd>GARZA TIJERINA</dd>" in page
    assert "<dt>Birth date</dt><dd>1957-04-23</dd>" in page
    assert "Would be filed without a look" in page
    assert patient.display_name in page
    assert "The name is not built like this." in page
    assert not texts(clinic)
    assert not AuditEntry.objects.exists()


def test_the_bench_tries_a_changed_pattern_in_its_own_place(
    browser: Client, clinic: Clinic, patient: Patient
) -> None:
    own, _ = make_patterns(clinic, "x_{mrn}", "{mrn}_*")
    name = f"{patient.mrn}_GARZA TIJERINA.jpg"

    page = text_of(send(browser, "/settings/patterns/try", text="{mrn}_{family}", names=name, pattern=own.pk))
    assert "By <code>{mrn}_{family}</code>" in page
    page = text_of(send(browser, "/settings/patterns/try", text="{mrn}_{family}", names=name))
    assert "By <code>{mrn}_*</code>" in page


def test_while_somebody_types_only_the_table_comes_back(browser: Client) -> None:
    page = text_of(
        browser.post(
            "/settings/patterns/try",
            {"text": "{mrn", "names": NAME},
            headers=factories.csrf_of(browser) | {"HX-Request": "true"},
        )
    )
    assert "<html" not in page
    assert "Character 1: This { has no }" in page
    assert NAME in page
    assert 'hx-swap-oob="innerHTML:#bench-says"' in page


def test_the_bench_tries_two_hundred_names_and_says_so(browser: Client) -> None:
    names = "\n".join(f"IMG_{number}.jpg" for number in range(230))
    page = text_of(send(browser, "/settings/patterns/try", text="IMG_{counter}", names=names))
    assert "The first 200 names were tried; 30 more were left out" in page
    assert "The pattern fits 200 of 200 names." in page
    assert "IMG_229.jpg" in page


def test_names_are_never_asked_for_by_an_address(browser: Client) -> None:
    for path in ("try", "recent-names"):
        assert browser.get(f"/settings/patterns/{path}").status_code == 405


def test_the_clinics_newest_names_are_put_on_the_bench(
    browser: Client, clinician: User, stranger: User
) -> None:
    batch = factories.make_batch(clinician)
    BatchFile.objects.bulk_create(
        BatchFile(batch=batch, path=f"tray/{number}.jpg", size=1) for number in range(120)
    )
    factories.make_file(factories.make_batch(stranger), "theirs.jpg")

    page = text_of(send(browser, "/settings/patterns/recent-names", text="{mrn}", names="typed.jpg"))

    assert "of 100 names" in page
    assert "tray/" in page
    assert "theirs.jpg" not in page
    assert "typed.jpg" not in page
    assert 'value="{mrn}"' in page


def test_a_pattern_that_is_no_longer_understood_is_shown_and_stops_nothing(
    browser: Client, clinic: Clinic, patient: Patient
) -> None:
    make_patterns(clinic, "{gone}")
    assert "No longer understood" in text_of(browser.get(MATCHING))
    assert match(clinic, f"{patient.mrn}_GARZA TIJERINA, MARIA ESTHER_1.jpg").decision == "assign"


def test_the_administration_shows_the_policy_and_the_patterns_and_changes_neither(
    browser: Client, clinic: Clinic, admin_user: User
) -> None:
    (row,) = make_patterns(clinic, "a_{mrn}")
    User.objects.filter(pk=admin_user.pk).update(is_staff=True, is_superuser=True)
    page = browser.get(reverse("admin:clinics_clinic_change", args=[clinic.pk])).content.decode()
    assert "A full, clear name alone may assign" in page
    assert 'name="name"' in page
    assert 'name="name_alone"' not in page

    page = browser.get(reverse("admin:patients_filenamepattern_change", args=[row.pk])).content.decode()
    assert "a_{mrn}" in page
    assert 'name="text"' not in page
