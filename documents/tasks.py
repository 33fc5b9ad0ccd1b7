"""The Celery entry of search: reads the passages that wait for their vectors; its message carries nothing."""

from celery import shared_task
from django.conf import settings

from documents import passage_bell
from documents.embedder import embed_waiting as embed


@shared_task(ignore_result=True)
def embed_waiting() -> None:
    """Read for [20] s, and ring for the rest. Beat sends it as well, for what nobody rang for."""
    if embed(seconds=settings.INTAKE_EMBEDDING_SECONDS):
        passage_bell.ring(again=True)
