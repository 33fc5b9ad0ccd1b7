"""Real PDFs made in code: letters, forms and scans first, then the broken and the hostile."""

import io
import zlib
from typing import Literal

import pikepdf
import pypdfium2
from PIL import Image, ImageDraw
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.samples import HEIGHT, WIDTH, scene

LAYER = "La paciente refiere dolor en el pecho desde hace dos meses y niega fiebre."


def pdf(
    *pages: str, size: tuple[float, float] = (595, 842), encrypt: StandardEncryption | None = None
) -> bytes:
    """A letter with a page for each text; lines end with line feeds, an empty text is an empty page."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, encrypt=encrypt)
    for page in pages:
        for number, line in enumerate(page.splitlines()):
            canvas.drawString(72, size[1] - 72 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def pdf_with_password() -> bytes:
    """Nobody reads it without the password."""
    return pdf("secret", encrypt=StandardEncryption("open sesame", strength=128))


def pdf_locked_against_printing() -> bytes:
    """Everybody may read it; only changing and printing needs a password."""
    return pdf("readable", encrypt=StandardEncryption("", ownerPassword="owner", canPrint=0))


def pdf_form() -> bytes:
    """A form that somebody has filled in."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(300, 100))
    canvas.acroForm.textfield(name="allergy", value="PENICILLIN", x=20, y=30, width=250, height=40)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def pdf_of_fields() -> bytes:
    """A form with typed, chosen, hidden, empty and secret values, and a page without any."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(300, 300))
    canvas.drawString(20, 280, "Allergies and blood group")
    at: dict[str, int] = {"x": 20, "width": 200, "height": 20}
    canvas.acroForm.textfield(name="allergy", value="PENICILLIN", y=240, **at)
    canvas.acroForm.choice(
        name="blood", value="AB positive", options=["A positive", "AB positive"], y=200, **at
    )
    canvas.acroForm.textfield(name="empty", value="", y=160, **at)
    canvas.acroForm.textfield(name="hidden", value="UNSEEN", annotationFlags="hidden", y=120, **at)
    canvas.acroForm.textfield(name="secret", value="SESAME", fieldFlags="password", y=80, **at)
    canvas.showPage()
    canvas.drawString(20, 280, "second page")
    canvas.save()
    return buffer.getvalue()


def pdf_of_handwriting() -> bytes:
    """A scanned page with wavy strokes on it, which no recognition makes a word of."""
    page = Image.new("L", (1240, 1754), 245)
    pen = ImageDraw.Draw(page)
    for line in range(3):
        pen.line([(150 + 3 * x, 300 + 120 * line + (x * 7 % 23)) for x in range(280)], fill=90, width=3)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    canvas.drawImage(ImageReader(page), 0, 0, 595, 842)
    canvas.save()
    return buffer.getvalue()


def pdf_of_scan() -> bytes:
    """A picture on a page, without any text."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT))
    canvas.drawInlineImage(scene(), 0, 0, WIDTH, HEIGHT)
    canvas.save()
    return buffer.getvalue()


def pdf_stream(content: bytes, extra: bytes = b"", *, layers: int = 1) -> bytes:
    """A stream object, deflated so many times."""
    for _ in range(layers):
        content = zlib.compress(content, 9)
    filters = b"/Filter [" + b" /FlateDecode" * layers + b" ]" if layers else b""
    return b"<< /Length %d %s %s >>\nstream\n" % (len(content), extra, filters) + content + b"\nendstream"


def pdf_of_objects(objects: dict[int, bytes]) -> bytes:
    """A PDF of numbered objects; number 1 is the catalogue."""
    parts, places, at = [b"%PDF-1.7\n"], {}, 9
    for number, body in objects.items():
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        places[number], at = at, at + len(parts[-1])
    rows = b"".join(
        b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
        for number in range(max(objects) + 1)
    )
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, at)
    return b"".join((*parts, b"xref\n0 %d\n" % (max(objects) + 1), rows, trailer))


def pdf_page(
    content: bytes, *, box: bytes = b"[0 0 612 792]", resources: bytes = b"<< >>", **more: bytes
) -> bytes:
    """A page that shows the stream object `content`; `more` are further objects, named _5, _6, …"""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R /Resources %s >>" % (box, resources)
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: page,
        4: content,
    }
    return pdf_of_objects(objects | {int(name[1:]): body for name, body in more.items()})


def pdf_without_pages() -> bytes:
    return pdf_of_objects(
        {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>"}
    )


def pdf_page_tree_loop() -> bytes:
    """A page tree that contains itself, and not one page."""
    return pdf_of_objects(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>",
            3: b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] /Count 3 >>",
        }
    )


def pdf_drawing_itself(*, has_names: bool = True) -> bytes:
    """A form that draws itself four times, and so on without end; it may have no list of names, and take the
    page's.
    """
    named = b"<< /XObject << /F 5 0 R >> >>"
    own = b"/Resources " + named if has_names else b""
    form = pdf_stream(b"/F Do " * 4, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + own)
    return pdf_page(pdf_stream(b"/F Do"), resources=named, _5=form)


def pdf_with_shared_resources() -> bytes:
    """Two forms with one list that names both; the first draws the second, and neither itself."""
    named = b"<< /XObject << /A 5 0 R /B 6 0 R >> >>"
    about = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources " + named
    forms = {"_5": pdf_stream(b"/B Do", about), "_6": pdf_stream(b"0 0 9 9 re f", about)}
    return pdf_page(pdf_stream(b"/A Do"), resources=named, **forms)


def pdf_bomb(unpacked_bytes: int, *, layers: int = 1) -> bytes:
    """A page whose drawing commands unpack to so many blanks."""
    return pdf_page(pdf_stream(b" " * unpacked_bytes, layers=layers))


def scanned_page(text: str, *, dpi: int = 150, side_pt: tuple[float, float] = (420, 300)) -> Image.Image:
    """What a scanner makes of a page: grey dots, and no text."""
    letter = pypdfium2.PdfDocument(pdf(text, size=side_pt))
    picture: Image.Image = letter[0].render(scale=dpi / 72).to_pil().convert("L")
    letter.close()
    return picture


def pdf_of_scans(*texts: str) -> bytes:
    """A PDF of scanned pages; an empty text is a page with a text layer in Spanish."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(420, 300))
    for text in texts:
        if text:
            canvas.drawImage(ImageReader(scanned_page(text)), 0, 0, 420, 300)
        else:
            canvas.drawString(20, 200, LAYER)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def with_objects_hidden(data: bytes) -> bytes:
    """The same PDF with its objects packed into compressed streams, where no search of bytes finds a word."""
    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return packed.getvalue()


def pdf_encrypted(text: str, password: str, *, strength: Literal[2, 3, 4, 6] = 6) -> bytes:
    """A letter that only `password` opens, by the standard's revision 2 to 6 (RC4, 40 bits, to AES-256)."""
    locked = io.BytesIO()
    lock = pikepdf.Encryption(
        user=password, owner="owner's own", R=strength, aes=strength > 3, metadata=strength > 3
    )
    with pikepdf.open(io.BytesIO(pdf(text))) as document:
        document.save(locked, encryption=lock)
    return locked.getvalue()
