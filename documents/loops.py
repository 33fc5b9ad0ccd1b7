"""Finds drawings of a PDF that contain themselves, before a reader follows them until memory ends.

A form XObject (ISO 32000-1, 8.10) may draw others, and must not come back to itself. pdfium follows one that
draws itself several times a few dozen levels deep, each level multiplying the last.
"""

from collections.abc import Mapping
from typing import Any

import pikepdf

_Form = tuple[int, int]  # number and generation of the object
_Drawn = Mapping[str, _Form]  # the forms that a form has under names of its own


def draws_itself(pdf: pikepdf.Pdf) -> bool:
    """Is there a form that draws itself, directly or by others?

    A form may well *list* itself, where all share one list of resources; only what it draws counts, and is
    looked up in those alone of which the lists go round. Forms without a list of their own are not followed.
    """
    forms: dict[_Form, Any] = {each.objgen: each for each in pdf.objects if _is_form(each)}
    listed = {form: _listed(stream, forms) for form, stream in forms.items()}
    round_about = _in_circles({form: set(names.values()) for form, names in listed.items()})
    drawn = {form: _drawn(forms[form], listed[form]) for form in round_about}
    return bool(_in_circles(drawn))


def _is_form(each: Any) -> bool:
    return isinstance(each, pikepdf.Stream) and each.get("/Subtype") == pikepdf.Name.Form


def _listed(stream: pikepdf.Stream, forms: Mapping[_Form, Any]) -> _Drawn:
    resources = stream.get("/Resources")
    named = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    if not isinstance(named, pikepdf.Dictionary):
        return {}
    try:
        found = dict(named.as_dict().items())
    except ValueError:  # a name that is no UTF-8, which is legal; nobody can be asked by it
        return {}
    streams = {name: each for name, each in found.items() if isinstance(each, pikepdf.Stream)}
    return {name: each.objgen for name, each in streams.items() if each.objgen in forms}


def _drawn(stream: pikepdf.Stream, listed: _Drawn) -> set[_Form]:
    """The forms that it draws; none where its commands cannot be read."""
    try:
        commands = pikepdf.parse_content_stream(stream, "Do")
        names = {str(operand) for command in commands for operand in command.operands}
    except (pikepdf.PdfError, TypeError, ValueError):
        return set()
    return {form for name, form in listed.items() if name in names}


def _in_circles(edges: Mapping[_Form, set[_Form]]) -> set[_Form]:
    """What is left when everything that leads nowhere is taken away, again and again."""
    left = dict(edges)
    while ends := [form for form, others in left.items() if not others & left.keys()]:
        for form in ends:
            del left[form]
    return set(left)
