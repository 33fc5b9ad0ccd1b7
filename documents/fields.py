"""What somebody has typed into or chosen in the form fields of a page: no text layer has it."""

import ctypes
from collections.abc import Iterator
from typing import Any

from pypdfium2 import raw

_TYPED_OR_CHOSEN = {raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}
_PASSWORD = 1 << 13  # of a text field (ISO 32000-1, table 228)
_MOST_FIELDS = 5_000
_MOST_BYTES = 1 << 20


def values_on(page: Any) -> list[str]:
    """The values of the page's fields that are seen, in the order of the page; empty ones are left out."""
    return list(_values(page)) if page.formenv else []


def _values(page: Any) -> Iterator[str]:
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST_FIELDS)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            if _is_shown(page.formenv, annotation) and (value := _value(page.formenv, annotation)):
                yield value
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _is_shown(form: Any, annotation: Any) -> bool:
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind not in _TYPED_OR_CHOSEN or raw.FPDFAnnot_GetFlags(annotation) & raw.FPDF_ANNOT_FLAG_HIDDEN:
        return False
    is_text = kind == raw.FPDF_FORMFIELD_TEXTFIELD
    return not (is_text and raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD)


def _value(form: Any, annotation: Any) -> str:
    """The value in full, or nothing where it is longer than a page has text."""
    size = raw.FPDFAnnot_GetFormFieldValue(form, annotation, None, 0)
    if not 0 < size <= _MOST_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(size)
    units = ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR))
    raw.FPDFAnnot_GetFormFieldValue(form, annotation, units, size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0").strip()
