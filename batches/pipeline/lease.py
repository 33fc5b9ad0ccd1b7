"""Keeps a claim alive while its worker lives, and lets it die with the worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from batches import claims
from batches.claims import Claim
from files import lease


@contextmanager
def keep_claim(claim: Claim) -> Iterator[None]:
    """Renew the lease every [5] seconds for as long as the block runs; a file that is quick never renews."""
    with lease.kept(partial(claims.renew, claim), what=f"file={claim.file.pk}"):
        yield
