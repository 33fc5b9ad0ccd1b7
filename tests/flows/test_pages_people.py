"""The directory, the account and the audit in a browser without JavaScript."""

import pytest
from django.test import Client
from django.urls import reverse

from clinics import audit
from clinics.models import ApiToken, Clinic, Membership, Role, User
from patients.models import Patient
from tests import factories
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db

NEW = {
    "mrn": "4000000017",
    "family_name": "Ortiz",
    "given_names": "Ana",
    "birth_date": "1990-02-03",
    "sex": "F",
}


@pytest.fixture
def browser(clinician: User) -> Client:
    return factories.browser_of(clinician)


def test_an_empty_directory_says_what_to_do(browser: Client) -> None:
    assert "The directory is empty" in text_of(browser.get(reverse("patients:list")))


@pytest.mark.parametrize("words", ["tijer", "3000003792", "garza maría", "300000"])
def test_patients_are_found_by_name_and_number(browser: Client, patient: Patient, words: str) -> None:
    page = text_of(browser.get(reverse("patients:list"), {"q": words}))
    assert patient.display_name in page
    assert reverse("batches:chart", args=[patient.pk]) in page


def test_patients_of_another_clinic_are_never_found(browser: Client, other_clinic: Clinic) -> None:
    factories.make_patient(other_clinic, "77", "Ajena")
    for name in ("patients:list", "patients:choices"):
        assert "77" not in text_of(browser.get(reverse(name), {"q": "ajena"})).replace("“ajena”", "")


@pytest.mark.parametrize(
    ("words", "status"), [("a " * 2000, 200), ("garza\0", 400)], ids=["many words", "NUL"]
)
def test_a_search_that_nobody_types_is_answered(browser: Client, words: str, status: int) -> None:
    for name in ("patients:list", "patients:choices"):
        assert browser.get(reverse(name), {"q": words}).status_code == status


def test_a_long_directory_has_pages(browser: Client, clinic: Clinic) -> None:
    for number in range(51):
        factories.make_patient(clinic, f"5{number:05}", f"Apellido{number:02}")
    assert "Page 1 of 2" in text_of(browser.get(reverse("patients:list")))


def test_a_picker_gets_choices_and_nothing_around_them(browser: Client, patient: Patient) -> None:
    page = text_of(browser.get(reverse("patients:choices"), {"q": "garza"}))
    assert f'data-id="{patient.pk}"' in page
    assert "<html" not in page
    assert text_of(browser.get(reverse("patients:choices"))) == ""


def test_a_new_patient_is_registered_and_has_a_chart(browser: Client, clinic: Clinic) -> None:
    answer = send(browser, reverse("patients:new"), **NEW)
    patient = Patient.objects.of(clinic).get()
    assert answer["Location"] == reverse("batches:chart", args=[patient.pk])
    assert (patient.mrn, patient.family_name, patient.sex) == ("4000000017", "Ortiz", "F")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mrn": "3000003792"}, "in the directory already"),
        ({"mrn": "000"}, "needs a digit other than 0"),
        ({"family_name": ""}, "This field is required"),
        ({"birth_date": "yesterday"}, "Enter a valid date"),
    ],
)
def test_a_wrong_patient_is_refused_beside_the_field(
    browser: Client, patient: Patient, fields: dict[str, str], said: str
) -> None:
    answer = send(browser, reverse("patients:new"), **(NEW | fields))
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert Patient.objects.count() == 1


def test_a_token_is_shown_once_and_works(browser: Client, clinician: User) -> None:
    answer = send(browser, reverse("clinics:account"), name="scanner", scopes=["imaging.capture"])
    text = text_of(answer).partition('id="new-token">')[2].partition("<")[0]
    assert text.startswith("intake_")
    token = ApiToken.objects.get()
    assert (token.user, token.name, token.scopes) == (clinician, "scanner", ["imaging.capture"])
    assert text not in text_of(browser.get(reverse("clinics:account")))
    script = Client(headers={"authorization": f"Bearer {text}"})
    made = script.post("/api/v1/batches", {}, content_type="application/json")
    assert made.status_code == 201
    assert script.get("/api/v1/patients").status_code == 403


@pytest.mark.parametrize(
    "fields",
    [{"name": ""}, {"name": "x", "scopes": ["clinic.manage"]}, {"name": "x", "expires_at": "2001-01-01"}],
)
def test_a_token_never_may_more_than_its_maker_and_has_a_name_and_a_future(
    browser: Client, fields: dict[str, object]
) -> None:
    assert send(browser, reverse("clinics:account"), **fields).status_code == 400
    assert not ApiToken.objects.exists()


def test_a_revoked_token_stops_at_once(browser: Client, clinician: User, clinic: Clinic) -> None:
    script = factories.client_of(clinician)
    token = ApiToken.objects.get()
    send(browser, reverse("clinics:revoke_token", args=[token.pk]))
    assert script.get("/api/v1/patients").status_code == 401
    assert "Revoked" in text_of(browser.get(reverse("clinics:account")))


def test_nobody_revokes_a_token_of_somebody_else(browser: Client, reviewer: User) -> None:
    factories.client_of(reviewer)
    token = ApiToken.objects.get()
    assert send(browser, reverse("clinics:revoke_token", args=[token.pk])).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_who_works_in_two_clinics_chooses(browser: Client, clinician: User, other_clinic: Clinic) -> None:
    Membership.objects.create(user=clinician, clinic=other_clinic, role=Role.VIEWER)
    theirs = Membership.objects.get(user=clinician, clinic=other_clinic)
    assert other_clinic.name in text_of(browser.get(reverse("clinics:account")))
    send(browser, reverse("clinics:choose_clinic"), membership=theirs.pk)
    page = text_of(browser.get("/"))
    assert f"You now work in {other_clinic.name}." in page
    assert browser.get(reverse("batches:new")).status_code == 403


def test_nobody_chooses_a_clinic_that_is_not_theirs(browser: Client, stranger: User) -> None:
    foreign = Membership.objects.get(user=stranger)
    for membership in (foreign.pk, "somewhere", "9" * 30):
        answer = send(browser, reverse("clinics:choose_clinic"), membership=membership)
        assert answer.status_code == 404


def test_a_password_is_changed(browser: Client, clinician: User) -> None:
    new = {"new_password1": "otter-meadow-4471", "new_password2": "otter-meadow-4471"}
    answer = send(browser, reverse("clinics:password"), old_password="clinician", **new)
    assert answer["Location"] == reverse("clinics:account")
    clinician.refresh_from_db()
    assert clinician.check_password("otter-meadow-4471")


@pytest.mark.parametrize(
    ("query", "seen"),
    [({}, {"wanted", "other"}), ({"action": "wanted"}, {"wanted"}), ({"who": "ADMIN"}, {"wanted"})],
)
def test_the_audit_is_filtered(
    admin_user: User, clinician: User, clinic: Clinic, query: dict[str, str], seen: set[str]
) -> None:
    audit.record("wanted", clinic=clinic, actor=admin_user)
    audit.record("other", clinic=clinic, actor=clinician)
    page = text_of(factories.browser_of(admin_user).get(reverse("clinics:audit"), query))
    rows = page.partition("<tbody>")[2]
    assert {word for word in ("wanted", "other") if f"<code>{word}</code>" in rows} == seen


def test_the_audit_of_another_clinic_is_not_shown(admin_user: User, other_clinic: Clinic) -> None:
    audit.record("secret-thing", clinic=other_clinic, actor=None)
    page = text_of(factories.browser_of(admin_user).get(reverse("clinics:audit")))
    assert "secret-thing" not in page


def test_somebody_without_a_clinic_is_shown_the_way_out(db: None) -> None:
    for is_staff in (False, True):
        user = User.objects.create_user(f"alone-{is_staff}", password="x", is_staff=is_staff)
        page = text_of(factories.browser_of(user).get("/"))
        assert "belongs to no clinic yet" in page
        assert reverse("logout") in page
        assert (reverse("admin:index") in page) == is_staff
        assert "Go to the batches" not in page
