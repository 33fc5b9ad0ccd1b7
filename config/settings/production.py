"""A clinic's installation: refuses to start without its secrets, and says which and why."""

from config.settings.base import *
from config.settings.base import env
from config.settings.required import require

require(env)

SECRET_KEY = env.str("INTAKE_SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("INTAKE_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("INTAKE_ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list(
    "INTAKE_CSRF_TRUSTED_ORIGINS", default=[f"https://{host}" for host in ALLOWED_HOSTS]
)

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-intake_session"
CSRF_COOKIE_NAME = "__Host-intake_csrf"
SECURE_SSL_REDIRECT = env.bool("INTAKE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come from inside, without TLS
SECURE_HSTS_SECONDS = env.int("INTAKE_HSTS_SECONDS", 365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("INTAKE_HSTS_INCLUDE_SUBDOMAINS", False)
if env.bool("INTAKE_BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

vars().update(env.email_url("INTAKE_EMAIL_URL", default="smtp://localhost:25"))
DEFAULT_FROM_EMAIL = env.str("INTAKE_MAIL_FROM", "intake@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
