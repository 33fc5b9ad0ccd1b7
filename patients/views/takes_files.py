"""A page whose plain form may hold files: spooled within limits, checked like every other form."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from clinics.views.page import Page
from files.errors import Refused, Trouble
from files.multipart import BoundedUploadHandler


@method_decorator(csrf_exempt, name="dispatch")
class TakesFiles(Page):
    """A page whose form may hold files; its form is checked for the CSRF token like every other.

    The check itself reads the form, so the handler that bounds it must be in place before: hence exempt
    outside, protected inside. `handler` bounds it, `comes_from` is the page on which a refusal is said.
    """

    handler: ClassVar[type[BoundedUploadHandler]] = BoundedUploadHandler

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Bound what is read, then answer as every page does; a refusal is said on the page it came from."""
        if request.method == "POST":
            request.upload_handlers = [self.handler(request)]
        try:
            return csrf_protect(super().dispatch)(request, *args, **kwargs)
        except (Refused, Trouble) as refusal:
            messages.error(request, str(refusal))
            return redirect(self.comes_from(request))

    def comes_from(self, request: HttpRequest) -> str:
        """The page with the form."""
        return request.path
