"""Lists that come with a batch: read, told in numbers, and heard by the files that came before and after."""

from itertools import permutations

import pytest

from batches import rematch
from batches.actions.intake import Announced, announce_files
from batches.actions.review import assign_file, retry_file
from batches.demo import pictures
from batches.listed import listed_in, path_key, sums_of
from batches.models import Batch, BatchFile, ListedPatient
from batches.pipeline import run
from batches.selectors import receipt_of
from batches.states import BatchStatus, FileStatus
from clinics.models import User
from patients.models import Patient
from tests import factories
from tests import sample_workbooks as made
from tests.batches.conftest import Send
from tests.batches.shoot import Taken, Walk

pytestmark = pytest.mark.django_db

DAYS = "MRN,Apellidos,Nombre\n3000003792,Garza Tijerina,María Esther\n999,Nadie,Luz\n,,\n3.0E+09,Roto,Ana\n"
PICTURE = pictures.photograph(1, None)
R, F = FileStatus.REVIEW, FileStatus.COMPLETED


def mapping(*lines: str) -> bytes:
    return "\n".join(["Archivo;NHC", *lines, ""]).encode()


def test_a_days_list_is_read_and_goes_into_no_chart(send: Send, batch: Batch, garza: Patient) -> None:
    file = send("lista.csv", DAYS.encode(), walk=True)
    assert (file.status, file.kind, file.patient) == (F, "csv", None)
    assert (file.image, file.document) == (None, None)
    assert file.has_all_bytes
    assert sums_of(file).words == (
        "List: 2 patients, 1 known, 1 not in the directory, 1 line not understood "
        "(line 5: A spreadsheet has shortened its record number; format that column as text)."
    )
    assert listed_in(batch.pk) == {garza.pk}
    batch.refresh_from_db()
    assert batch.status == BatchStatus.COMPLETED
    assert receipt_of(batch).adds_up


ROWS = [("MRN", "Apellidos", "Nombre"), ("3000003792", "Garza Tijerina", "María Esther")]
KINDS = {
    "lista.xlsx": ("xlsx", made.xlsx(ROWS)),
    "lista.ods": ("ods", made.ods(made.ods_rows(ROWS))),
    "lista.xls": (
        "xls",
        made.xls(*(made.label(n, at, c) for n, row in enumerate(ROWS) for at, c in enumerate(row))),
    ),
    "lista.txt": ("csv", "\n".join("\t".join(row) for row in ROWS).encode("utf-16")),
    "lista.vcf": (
        "vcard",
        "BEGIN:VCARD\nN:Garza Tijerina;María Esther\nX-MRN:3000003792\nEND:VCARD\n".encode(),
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_days_list_of_every_kind_narrows_a_name_down(
    send: Send, batch: Batch, garza: Patient, name: str
) -> None:
    kind, content = KINDS[name]
    before = send("Garza Tijerina_María Esther.jpg", PICTURE, walk=True)
    file = send(name, content, walk=True)
    before.refresh_from_db()
    assert (file.status, file.kind, file.patient, file.error_message) == (F, kind, None, "")
    assert file.evidence["list"]["format"] == kind
    assert listed_in(batch.pk) == {garza.pk}
    assert (before.status, before.patient) == (F, garza)
    assert receipt_of(batch).lists == 1


def test_a_table_without_a_known_column_is_read_and_says_so(send: Send, batch: Batch) -> None:
    file = send("tabla.csv", b"foo,bar\n1,2\n3,4\n", walk=True)
    assert file.status == F
    assert sums_of(file).rows == 0
    assert "None of its columns" in sums_of(file).words


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("lista.xls", made.compound({"EncryptedPackage": b"x"}), "workbook-encrypted"),
        ("lista.xlsx", b"PK\x03\x04xl/", "workbook-damaged"),
        ("lista.xls", b"\x1f\x8b\x08\0" + bytes(20), "unsupported-kind"),
        ("genoma.vcf", b"##fileformat=VCFv4.2\n", "genomic-vcf"),
    ],
)
def test_what_cannot_be_read_fails_with_its_own_code(
    send: Send, name: str, content: bytes, code: str
) -> None:
    file = send(name, content, walk=True)
    assert (file.status, file.error_code) == (FileStatus.FAILED, code)
    assert file.error_message


def test_who_comes_into_the_directory_later_is_known_then(send: Send, batch: Batch, garza: Patient) -> None:
    file = send("lista.csv", DAYS.encode(), walk=True)
    send("DSC_0001.jpg", PICTURE, walk=True)
    luz = factories.make_patient(batch.clinic, "999", "Nadie", "Luz")
    rematch.match_clinic_again(batch.clinic_id, seconds=60)
    assert listed_in(batch.pk) == {garza.pk, luz.pk}
    assert sums_of(file).known == 2


def test_the_days_list_narrows_a_name_down(send: Send, batch: Batch, garza: Patient) -> None:
    """A full name alone is one identifier; that its bearer is expected today is the other."""
    name = "Garza Tijerina_María Esther.jpg"
    before = send(f"before/{name}", PICTURE, walk=True)
    assert before.status == R
    send("lista.csv", DAYS.encode(), walk=True)
    before.refresh_from_db()
    after = send(f"after/{name}", pictures.photograph(2, None), walk=True)
    assert (before.status, before.patient) == (F, garza)
    assert (after.status, after.patient) == (F, garza)


def test_a_mapping_says_whose_a_file_is(send: Send, batch: Batch, garza: Patient) -> None:
    before = send("fotos/IMG_1.JPG", PICTURE, walk=True)
    send("fotos/mapa.csv", mapping("IMG_1.jpg;3000003792", "IMG_2.jpg;3000003792"), walk=True)
    after = send("fotos/IMG_2.JPG", pictures.photograph(2, None), walk=True)
    before.refresh_from_db()
    assert (before.status, before.patient) == (F, garza)
    assert (after.status, after.patient) == (F, garza)


@pytest.mark.parametrize(
    ("listed", "list_at", "file_at", "is_meant"),
    [
        ("a.jpg", "l.csv", "a.jpg", True),
        ("A.JPG", "l.csv", "a.jpg", True),
        ("a.jpg", "l.csv", "ward/a.jpg", True),
        ("ward\\a.jpg", "l.csv", "day/ward/a.jpg", True),
        ("ward/a.jpg", "day/l.csv", "day/ward/a.jpg", True),
        ("C:/Users/ana/day/a.jpg", "l.csv", "day/a.jpg", False),
        ("b.jpg", "l.csv", "a.jpg", False),
        ("other/a.jpg", "l.csv", "ward/a.jpg", False),
    ],
)
@pytest.mark.usefixtures("garza")
def test_which_file_a_line_means(send: Send, listed: str, list_at: str, file_at: str, is_meant: bool) -> None:
    send(list_at, mapping(f"{listed};3000003792"), walk=True)
    assert send(file_at, PICTURE, walk=True).status == (F if is_meant else R)


def test_a_name_that_two_files_bear_means_neither(send: Send, garza: Patient) -> None:
    one, other = send("one/IMG_1.jpg", PICTURE), send("other/IMG_1.jpg", pictures.photograph(2, None))
    send("mapa.csv", mapping("IMG_1.jpg;3000003792"), walk=True)
    for file in (one, other):
        run.process(file.pk)
        file.refresh_from_db()
        assert file.status == R


BARE = {
    "mapa.csv": mapping("IMG_Ñ.jpg;3000003792"),
    "one/IMG_Ñ.jpg": PICTURE,
    "other/img_ñ.JPG": pictures.photograph(2, None),
}


@pytest.mark.parametrize("order", list(permutations(BARE)), ids=lambda order: " ".join(n[:2] for n in order))
def test_a_bare_name_means_neither_of_two_in_whatever_order_they_come(
    send: Send, batch: Batch, garza: Patient, order: tuple[str, ...]
) -> None:
    for path in order:
        send(path, BARE[path], walk=True)
    ends = dict(BatchFile.objects.filter(batch=batch).values_list("path", "status"))
    assert ends == {"mapa.csv": F, "one/IMG_Ñ.jpg": R, "other/img_ñ.JPG": R}


def test_a_file_that_is_only_announced_is_a_rival_already(send: Send, batch: Batch, garza: Patient) -> None:
    send("mapa.csv", mapping("IMG_1.jpg;3000003792"), walk=True)
    file = send("one/IMG_1.jpg", PICTURE, walk=True)
    assert file.patient == garza
    announce_files(batch=batch, entries=[Announced("other/IMG_1.jpg", 9)])
    rematch.match_clinic_again(batch.clinic_id, seconds=60)
    file.refresh_from_db()
    assert file.status == R


def test_a_mapping_that_disagrees_takes_back_what_the_machine_filed(
    send: Send, garza: Patient, okafor: Patient
) -> None:
    file = send("3000004592_Okafor_Chidi.jpg", PICTURE, walk=True)
    assert file.status == F
    send("mapa.csv", mapping("3000004592_Okafor_Chidi.jpg;3000003792"), walk=True)
    taken_back = BatchFile.objects.get(pk=file.pk)
    assert (taken_back.status, taken_back.patient) == (R, None)
    assert taken_back.events.filter(code="list-disagrees").exists()


def test_a_list_moves_nothing_that_a_person_decided(
    send: Send, garza: Patient, okafor: Patient, clinician: User
) -> None:
    file = send("IMG_1.jpg", PICTURE, walk=True)
    assign_file(file=file, patient=okafor, actor=clinician)
    send("mapa.csv", mapping("IMG_1.jpg;3000003792"), walk=True)
    file.refresh_from_db()
    assert file.patient == okafor


@pytest.mark.parametrize(
    ("path", "content"),
    [("IMG_1.jpg", mapping("IMG_1.jpg;3000003792")), ("Garza Tijerina_María Esther.jpg", DAYS.encode())],
    ids=["a mapping", "a day's list"],
)
def test_a_list_that_comes_between_match_and_settle_is_heard(
    send: Send, batch: Batch, garza: Patient, path: str, content: bytes
) -> None:
    shot = Walk(batch, Taken(path, None))
    shot.look()
    send("lista.csv", content, walk=True)
    assert shot.end().patient == garza


def test_two_lists_that_disagree_leave_it_to_a_person(send: Send, garza: Patient, okafor: Patient) -> None:
    send("uno.csv", mapping("IMG_1.jpg;3000003792"), walk=True)
    send("dos.csv", mapping("IMG_1.jpg;3000004592"), walk=True)
    assert send("IMG_1.jpg", PICTURE, walk=True).status == R


def test_what_is_no_list_fails_with_the_headers_that_help(send: Send, clinician: User) -> None:
    file = send("notas.txt", b"Llamar a Ana.\n", walk=True)
    assert (file.status, file.error_code) == (FileStatus.FAILED, "list-not-understood")
    assert "expediente" in file.error_message
    retry_file(file=file, actor=clinician)
    run.process(file.pk)
    file.refresh_from_db()
    assert (file.status, file.error_code) == (FileStatus.FAILED, "list-not-understood")


def test_reading_a_list_twice_writes_its_lines_once(send: Send, batch: Batch, garza: Patient) -> None:
    file = send("lista.csv", DAYS.encode())
    ListedPatient.objects.create(batch=batch, file=file, line=2, mrn="1")  # of an attempt that died
    assert listed_in(batch.pk) == frozenset(), "no line counts before its list is settled"
    run.process(file.pk)
    assert set(ListedPatient.objects.values_list("line", "mrn")) == {(2, "3000003792"), (3, "999")}


def test_another_batch_hears_nothing(send: Send, garza: Patient, clinician: User) -> None:
    send("mapa.csv", mapping("IMG_1.jpg;3000003792"), walk=True)
    other = factories.make_batch(clinician)
    assert send("IMG_1.jpg", PICTURE, into=other, walk=True).status == R


def test_paths_are_compared_without_case_and_slash() -> None:
    assert path_key("C:\\Fotos\\./IMG_1.JPG") == "c:/fotos/img_1.jpg"
    assert path_key("Mun\u0303oz.jpg") == path_key("Muñoz.JPG")


def test_a_list_leaves_the_batch_with_it(send: Send, batch: Batch, garza: Patient) -> None:
    send("lista.csv", DAYS.encode(), walk=True)
    BatchFile.objects.filter(batch=batch).delete()
    assert not ListedPatient.objects.exists()
