"""What production must be told; one sentence for each thing that is missing or too weak."""

from django.core.exceptions import ImproperlyConfigured
from environ import Env

MIN_SECRET_CHARS = 50


def complaints(env: Env) -> list[str]:
    """Why this environment cannot be production; empty when it can."""
    found = [
        _secret_key(env.str("INTAKE_SECRET_KEY", "")),
        _hosts(env.list("INTAKE_ALLOWED_HOSTS", default=[])),
    ]
    found += [_present(env, name, why) for name, why in REQUIRED.items()]
    if env.str("INTAKE_S3_BUCKET", ""):
        found += [_present(env, name, "INTAKE_S3_BUCKET is set") for name in S3_REQUIRED]
    if env.bool("INTAKE_DEBUG", False):
        found.append(
            "INTAKE_DEBUG must not be set in production: the debug page shows patients to whoever looks."
        )
    return [sentence for sentence in found if sentence]


REQUIRED = {
    "INTAKE_HOME": "it names the folder where uploads wait, which must be on a disk that is backed up",
    "DATABASE_URL": "for example postgres://intake:password@host/intake, or sqlite:////path/db.sqlite3",
    "REDIS_URL": "for example redis://host:6379/0, or unix:///path/to/broker.sock?db=0",
}
S3_REQUIRED = ("INTAKE_S3_ACCESS_KEY", "INTAKE_S3_SECRET_KEY")


def require(env: Env) -> None:
    """Raises ImproperlyConfigured with every complaint at once: one start shows all that is missing."""
    found = complaints(env)
    if found:
        raise ImproperlyConfigured(
            "Intake cannot start in production:\n" + "\n".join(f"  - {line}" for line in found)
        )


def _secret_key(key: str) -> str:
    if len(key) >= MIN_SECRET_CHARS:
        return ""
    make = 'python -c "import secrets; print(secrets.token_urlsafe(64))"'
    return f"INTAKE_SECRET_KEY has {len(key)} characters and needs {MIN_SECRET_CHARS}; make one: {make}"


def _hosts(hosts: list[str]) -> str:
    if not hosts:
        return (
            "INTAKE_ALLOWED_HOSTS is not set; name the hosts of its addresses, such as intake.clinic.example."
        )
    if "*" in hosts:
        return (
            "INTAKE_ALLOWED_HOSTS must not be *: a forged Host header would get into links; name the hosts."
        )
    return ""


def _present(env: Env, name: str, why: str) -> str:
    return "" if env.str(name, "") else f"{name} is not set; {why}."
