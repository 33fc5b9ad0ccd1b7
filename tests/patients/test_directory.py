"""A clinic's directory in the database: keys and counts live and die with the patient's row, and only what is
asked for is read.
"""

import threading
from collections import Counter
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction
from django.db.models.functions import Length

from clinics.models import Clinic, User
from patients import directory as database
from patients.demo_directory import demo_patients
from patients.directory import DatabaseDirectory
from patients.filename_patterns import read_path
from patients.matcher import match, policy_of, refresh_keys, refresh_keys_in_bulk
from patients.matching.directory import MemoryDirectory
from patients.matching.identify import identify
from patients.matching.keys import keys_of, near_number_keys, within, word_key
from patients.matching.normalise import Person, person_of
from patients.matching.results import MatchResult
from patients.models import (
    DirectoryState,
    IndexedPatient,
    Patient,
    PatientKey,
    PatientMerge,
    Tally,
    mrn_key_of,
)
from tests.factories import make_patient

TODAY = date(2026, 6, 30)


def kept(clinic: Clinic) -> tuple[dict[str, set[int]], Counter[tuple[str, str]], int]:
    """What the tables say: everybody's keys, the counts that are not zero, how many live."""
    keys: dict[str, set[int]] = {}
    for key, mrn in PatientKey.objects.filter(entry__directory__clinic=clinic).values_list(
        "key", "entry__mrn"
    ):
        keys.setdefault(mrn, set()).add(key)
    tallies = Tally.objects.filter(directory__clinic=clinic).exclude(count=0)
    counts = Counter(
        {(kind, text): count for kind, text, count in tallies.values_list("kind", "text", "count")}
    )
    return keys, counts, DirectoryState.objects.get(clinic=clinic).patients


def due(clinic: Clinic) -> tuple[dict[str, set[int]], Counter[tuple[str, str]], int]:
    """What they have to say, from the patients' rows alone."""
    state = DirectoryState.objects.get(clinic=clinic)
    rows = list(Patient.objects.of(clinic))
    keys = {row.mrn: set(within(keys_of(person(row)), state.pk)) for row in rows}
    keys = {mrn: own for mrn, own in keys.items() if own}
    counts: Counter[tuple[str, str]] = Counter()
    living = [person(row) for row in rows if row.merged_into_id is None]
    for each in living:
        for kind, words in (("F", each.family), ("G", each.given), ("J", each.joined)):
            counts.update((kind, word) for word in set(words))
        if not each.number.is_empty:
            counts.update([("W", str(each.number.width)), ("L", each.number.letters)])
    return keys, counts, len(living)


def person(row: Patient) -> Person:
    """The row as the matcher compares it."""
    return person_of(
        str(row.pk),
        row.mrn,
        family=row.family_name,
        given=row.given_names,
        suffix=row.suffix,
        birth_date=row.birth_date,
        sex=row.sex,
    )


def make_everybody(clinic: Clinic, count: int = 200) -> list[Patient]:
    """The demonstration's patients, found by the matcher."""
    rows = [Patient(clinic=clinic, mrn_key=mrn_key_of(row["mrn"]), **row) for row in demo_patients(count)]
    Patient.objects.bulk_create(rows)
    refresh_keys_in_bulk(rows)
    return rows


def test_keys_and_counts_follow_every_change_of_a_patient(clinic: Clinic) -> None:
    garza = make_patient(
        clinic, "3000003792", "de la Garza Tijerina", "María Esther", birth_date=date(1974, 3, 18)
    )
    other = make_patient(clinic, "MX-0005839", "Garza", "María")
    third = make_patient(clinic, "", "", "")
    assert kept(clinic) == due(clinic)

    garza.family_name, garza.mrn = "Lozano Garza", "77"
    garza.save()
    refresh_keys(garza)
    assert kept(clinic) == due(clinic)

    other.merged_into = garza
    other.save()
    refresh_keys(other)
    assert kept(clinic) == due(clinic)

    other.merged_into = None
    other.save()
    refresh_keys_in_bulk([other, garza, other, third])
    assert kept(clinic) == due(clinic)

    other.delete()
    Patient.objects.filter(pk=third.pk).delete()
    assert kept(clinic) == due(clinic)
    assert not PatientKey.objects.exclude(entry__in=IndexedPatient.objects.all()).exists()


def test_a_change_that_is_rolled_back_is_forgotten_at_once(clinic: Clinic) -> None:
    make_patient(clinic, "3000003792", "Garza", "María")
    before = kept(clinic)
    with pytest.raises(RuntimeError), transaction.atomic():
        make_patient(clinic, "3000005839", "Lozano", "Ana")
        assert DatabaseDirectory(clinic).vocabulary.knows("lozano")
        raise RuntimeError

    assert kept(clinic) == before
    make_patient(clinic, "3000005839", "Treviño", "Ana")
    vocabulary = DatabaseDirectory(clinic).vocabulary
    assert vocabulary.knows("trevino")
    assert not vocabulary.knows("lozano")


@pytest.mark.django_db(transaction=True)
def test_what_a_process_remembers_is_never_what_was_rolled_back(clinic: Clinic) -> None:
    make_patient(clinic, "3000003792", "Garza", "María")
    assert DatabaseDirectory(clinic).vocabulary.count("garza") == 1
    with pytest.raises(RuntimeError), transaction.atomic():
        make_patient(clinic, "3000005839", "Lozano Garza", "Ana")
        assert DatabaseDirectory(clinic).vocabulary.count("garza") == 2
        raise RuntimeError
    assert DatabaseDirectory(clinic).vocabulary.count("garza") == 1

    make_patient(clinic, "3000006001", "Cantú", "Ana")

    vocabulary = DatabaseDirectory(clinic).vocabulary
    assert (vocabulary.count("garza"), vocabulary.count("lozano"), vocabulary.patients) == (1, 0, 2)


@pytest.mark.django_db(transaction=True)
def test_a_process_reads_only_the_counts_that_changed(clinic: Clinic) -> None:
    make_everybody(clinic)
    DatabaseDirectory(clinic).vocabulary.begins_one("gar")
    seen: list[str] = []

    def watch(execute: object, sql: str, params: object, many: object, context: object) -> object:
        seen.append(sql)
        return execute(sql, params, many, context)  # type: ignore[operator]

    make_patient(clinic, "9000000001", "Zzyzx", "Ana")
    with connection.execute_wrapper(watch):
        vocabulary = DatabaseDirectory(clinic).vocabulary
        first, seen[:] = len(seen), []
        assert DatabaseDirectory(clinic).vocabulary is vocabulary

    assert first > len(seen) == 1
    assert vocabulary.knows("zzyzx")
    assert vocabulary.begins_one("zzy")
    assert DatabaseDirectory(clinic).shape.highest == 9_000_000_001


@pytest.mark.django_db(transaction=True)
def test_a_process_that_followed_every_change_answers_like_one_that_starts_now(clinic: Clinic) -> None:
    rows = make_everybody(clinic, 60)
    DatabaseDirectory(clinic).vocabulary.begins_one("gar")
    for place, row in enumerate(rows[:20]):
        row.family_name += f" Zz{'abcd'[place % 4]}"
        row.merged_into = rows[-1] if place % 5 == 0 else None
        row.save()
        refresh_keys(row)
        if place % 3 == 0:
            row.delete()
        DatabaseDirectory(clinic)
    names = names_of(rows)

    followed = [match(clinic, name).as_json() for name in names]
    database._remembered.clear()

    assert [match(clinic, name).as_json() for name in names] == followed


def test_a_new_patient_counts_for_the_very_next_file_and_one_who_went_no_more(clinic: Clinic) -> None:
    make_everybody(clinic, 30)
    assert not DatabaseDirectory(clinic).vocabulary.begins_one("zzyz")

    zzyzx = make_patient(clinic, "X-900000000000001", "Zzyzx", "Ana")
    directory = DatabaseDirectory(clinic)
    assert directory.find({word_key("zzyzx")}) == [str(zzyzx.pk)]
    assert directory.vocabulary.begins_one("zzyz")
    assert directory.shape.highest == 900_000_000_000_001

    zzyzx.delete()
    directory = DatabaseDirectory(clinic)
    assert directory.find({word_key("zzyzx")}) == []
    assert not directory.vocabulary.begins_one("zzyz")
    assert directory.shape.highest < 900_000_000_000_001


def test_another_clinics_patients_are_not_found_and_their_words_not_counted(
    clinic: Clinic, other_clinic: Clinic
) -> None:
    garza = make_patient(clinic, "3000003792", "Garza", "María")
    theirs = make_patient(other_clinic, "3000003792", "Garza Lozano", "María")

    ours = DatabaseDirectory(clinic)
    assert ours.find({word_key("garza"), word_key("lozano")}) == [str(garza.pk)]
    assert ours.people([str(theirs.pk)]) == []
    assert (ours.vocabulary.count("garza"), ours.vocabulary.knows("lozano")) == (1, False)
    assert DatabaseDirectory(other_clinic).vocabulary.patients == 1


@pytest.mark.parametrize("merged", [False, True], ids=["living", "merged"])
def test_people_come_with_everything_that_is_compared(clinic: Clinic, merged: bool) -> None:
    survivor = make_patient(clinic, "1", "Cantú", "Ana")
    row = make_patient(
        clinic,
        "MX-0012345",
        "de la Garza",
        "María Esther",
        suffix="Jr",
        birth_date=date(1974, 3, 18),
        sex="F",
        merged_into=survivor if merged else None,
    )
    asked = DatabaseDirectory(clinic)
    (found,) = asked.people(asked.find({word_key("garza")}))
    (again,) = DatabaseDirectory(clinic).people([str(row.pk)])

    assert found == again
    assert found.id == str(survivor.pk if merged else row.pk)
    assert [getattr(found, each) for each in ("number", "family", "given", "joined", "suffix", "sex")] == [
        getattr(person(row), each) for each in ("number", "family", "given", "joined", "suffix", "sex")
    ]
    assert (found.birth_date, found.written_number, found.is_provisional) == (row.birth_date, row.mrn, False)


def test_the_question_for_candidates_reads_the_keys_asked_for_and_nothing_else(clinic: Clinic) -> None:
    make_everybody(clinic)
    garza = Patient.objects.get(mrn=demo_patients(1)[0]["mrn"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")
            cursor.execute("SET LOCAL enable_seqscan = off")  # 200 rows would be read sooner than looked up
        sql = database.find_sql([1, 2])
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + sql, [300])
        plan = "\n".join(str(row) for row in cursor.fetchall())
    if connection.vendor == "sqlite":
        assert "SEARCH patients_patientkey USING PRIMARY KEY (key=?)" in plan
        assert "SEARCH patients_indexedpatient USING INTEGER PRIMARY KEY" in plan
        assert "SCAN patients" not in plan
    else:
        assert "patients_patientkey_pkey" in plan
        assert "patients_indexedpatient_pkey" in plan
        assert "Seq Scan" not in plan
    assert str(garza.pk) in DatabaseDirectory(clinic).find({word_key("tijerina")})


def test_those_with_most_keys_come_first_and_the_limit_holds(clinic: Clinic) -> None:
    rows = [
        make_patient(clinic, f"{place}", "Garza", given) for place, given in enumerate(("Ana", "Eva", "Ana"))
    ]
    keys = {word_key("garza"), word_key("eva")}

    assert DatabaseDirectory(clinic).find(keys) == [str(rows[at].pk) for at in (1, 0, 2)]
    assert DatabaseDirectory(clinic).find(keys, limit=2) == [str(rows[at].pk) for at in (1, 0)]


@pytest.mark.django_db(transaction=True)
def test_two_connections_that_register_at_once_lose_no_count(clinic: Clinic) -> None:
    ready = threading.Barrier(4)

    def register(worker: int) -> None:
        try:
            ready.wait(timeout=30)
            for at in range(5):
                make_patient(clinic, f"{worker}{at:04d}", "Garza Lozano", f"María {'abcd'[worker] * 3}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(register, range(4)))

    assert kept(clinic) == due(clinic)
    assert DatabaseDirectory(clinic).vocabulary.count("garza") == 20


def names_of(rows: Collection[Patient]) -> list[str]:
    """What files of these people might be called, well and badly."""
    names = []
    for place, row in enumerate(rows):
        family, given = row.family_name.split(), row.given_names.split()
        names += [
            f"{row.mrn}_{row.family_name}, {row.given_names}_{6_000_000_000 + place}_CONS.pdf",
            f"{family[0]}_{given[0]}_{place:03d}.jpg",
            f"{given[0][:-1]} {family[-1]}{family[0][1:]} {row.birth_date}.pdf",
            f"IMG_{row.mrn[:-1]}{place % 10}.jpg",
        ]
    return names


def test_database_and_memory_give_the_same_answers(clinic: Clinic) -> None:
    rows = make_everybody(clinic)
    memory = MemoryDirectory([person(row) for row in rows])
    stored = DatabaseDirectory(clinic)
    memory.check_digit = clinic.check_digit = "luhn"

    def answer(where: DatabaseDirectory | MemoryDirectory, name: str) -> MatchResult:
        return identify(where, read_path(name, today=TODAY), policy=policy_of(clinic), today=TODAY)

    assert stored.shape == memory.shape
    for name in names_of(rows):
        assert answer(stored, name).as_json() == answer(memory, name).as_json(), name


def test_counts_of_long_and_foreign_names_are_kept_too(clinic: Clinic) -> None:
    make_patient(clinic, "1" * 64, "王" * 100 + " Łukasz " + "a" * 90, "Ñandú-O'Neil " * 12)
    assert kept(clinic) == due(clinic)
    assert Tally.objects.annotate(length=Length("text")).filter(length__gt=90).exists()
    assert DatabaseDirectory(clinic).shape.highest == int("1" * 64)


def test_the_number_of_a_merged_record_is_near_however_far_it_lies_from_the_others(
    clinic: Clinic, admin_user: User
) -> None:
    survivor = make_patient(clinic, "10400", "Garza", "Ana")
    for number in ("10000", "10500"):
        make_patient(clinic, number, "Ruiz", "Eva")
    merged = make_patient(clinic, "20123", "Garza", "Ana")
    merged.merged_into = survivor
    merged.save()
    PatientMerge.objects.create(clinic=clinic, merged=merged, survivor=survivor, merged_by=admin_user)
    refresh_keys(merged)
    there = DatabaseDirectory(clinic)
    found = there.people(there.find(near_number_keys("20132", there.shape)))
    assert [each.id for each in found] == [str(survivor.pk)]
