"""All settings. The environment sets SITE_URL (or PORT), DATA_DIR, BACKUP_DIR, DATABASE_URL,
MEDIA_BUCKET, MEDIA_ENDPOINT, SECRET_KEY, SECOND_STEP_REQUIRED, TIME_ZONE, TRUSTED_PROXIES,
PAGE_CACHE, EMAIL_…, ADMINS and DEBUG; the code sets the rest."""

import re
from email.utils import formataddr, parseaddr
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environs
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured, ValidationError

from web.mailboxes import clean
from web.site_url import normalized

env = environs.Env()

BASE_DIR = environs.Path(__file__).resolve().parent.parent
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "data").resolve()
DEBUG = env.bool("DEBUG", False)

# Absolute URLs, allowed hosts, secure cookies and the redirect to https are derived from SITE_URL.
_site_url = env.str("SITE_URL", f"http://127.0.0.1:{env.int('PORT', 8000)}")
try:
    SITE_URL = normalized(_site_url)
except ValueError:
    raise ImproperlyConfigured(
        "SITE_URL is the address readers type, like https://example.com, with nothing after the"
        f" name and the port, not “{_site_url}”."
    ) from None
_site = urlsplit(SITE_URL)
_host = SITE_URL.partition("://")[2].removesuffix(f":{_site.port}")  # keeps the brackets of IPv6
_loopback = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = _loopback if _host in _loopback else [_host]
_https = _site.scheme == "https"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz\Z"]  # health checks on the machine itself use http
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
# Security headers: web/headers.py sends this one, and CONTENT_SECURITY_POLICY is below. Django's
# defaults add nosniff, no framing, and same-origin referrers and openers.
_unused = "accelerometer camera display-capture geolocation gyroscope magnetometer microphone midi"
_used = "screen-wake-lock publickey-credentials-create publickey-credentials-get"
PERMISSIONS_POLICY = ", ".join(
    [f"{name}=()" for name in f"{_unused} payment usb".split()]
    + [f"{name}=(self)" for name in _used.split()]
)
# Silences warnings: HSTS excludes subdomains and preloading, as other hosts may lack https.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

_secret_file = DATA_DIR / "secret-key"
SECRET_KEY = env.str("SECRET_KEY", "") or (
    _secret_file.read_text().strip() if _secret_file.is_file() else ""
)
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "The site needs a secret key. Set SECRET_KEY to at least 50 random characters"
        " (python -c 'import secrets; print(secrets.token_urlsafe(50))'), or start it with"
        " “make run”, which creates one and stores it in DATA_DIR."
    )

# Networks of the web server in front, whose X-Forwarded-For header is trusted. gunicorn.conf.py
# also believes requests from these networks that they came over https.
TRUSTED_PROXIES = ["127.0.0.1/32", "::1/128", *env.list("TRUSTED_PROXIES", [])]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "desk.apps.DeskAdminConfig",
    "csp",
    "markdownx",
    "simple_history",
    "allauth.account",
    "allauth.mfa",
    "web",
    "publishing",
    "search",
    "desk",
    "mail",
    "accounts",
    "pictures",
    "pagecache",
    "metadata",
    "writing",
    "exercises",
    "blog",
    "comments",
    "operations",
]

MIDDLEWARE = [
    "web.logs.log_requests",
    "operations.health.reopen_after_failure",
    "pagecache.wsgi.cache_middleware",
    "web.headers.middleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "web.limits.body_limit",
    "web.requests.strip_nul",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.devices.middleware",
    "accounts.require_second_factor.middleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# If False, pagecache/ neither stores pages nor serves stored ones. It still counts changes in the
# database, so that it serves no outdated page after this is True again.
PAGE_CACHE = env.bool("PAGE_CACHE", True)

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # finds our widgets in templates/

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "publishing.context.site",
                "blog.context.site_pages",
            ],
        },
    },
]

# Writers wait for each other instead of failing, and a power cut loses no committed write.
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA_DIR / "site.sqlite3",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    },
}


def postgresql(url: str) -> dict[str, Any]:
    """The settings for postgresql://user:password@host:5432/name. The query string may set more of
    libpq's parameters, like sslmode. They stay strings: backups pass them to pg_dump."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or len(parts.path) < 2:
        raise ImproperlyConfigured("DATABASE_URL is like postgresql://user:password@host/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


_database_url = env.str("DATABASE_URL", "")
DATABASES = {"default": postgresql(_database_url) if _database_url else SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]
# The first one hashes new passwords. Older hashes are upgraded at the next sign-in.
PASSWORD_HASHERS = ["accounts.passwords.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTHENTICATION_BACKENDS = ["accounts.passwords.CountedPasswords"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# Whether superusers and the group Administrator have to set up a second factor.
SECOND_STEP_REQUIRED = env.bool("SECOND_STEP_REQUIRED", False)
# The site uses only the second step of django-allauth: see accounts/urls.py.
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # accounts/throttle.py limits instead, across processes
MFA_RATE_LIMITS = False
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "authenticate_webauthn": "accounts.forms.PasskeyForm",
    "login_webauthn": "accounts.forms.SignInPasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # accepts the previous and next code: clocks differ, typing takes time
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds

USE_I18N = False
TIME_ZONE = env.str("TIME_ZONE", "America/New_York")

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "web.stylesheet.StylesheetFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
BACKUP_DIR = env.path("BACKUP_DIR", DATA_DIR / "backups").resolve()
# A bucket for pictures, on S3 or a compatible service (MEDIA_ENDPOINT), which several machines can
# share. boto reads its keys from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION.
MEDIA_BUCKET = env.str("MEDIA_BUCKET", "")
MEDIA_ENDPOINT = env.str("MEDIA_ENDPOINT", "")


def pictures(folder: str) -> dict[str, Any]:
    """The entry of STORAGES for a folder in DATA_DIR or in the bucket."""
    if not MEDIA_BUCKET:
        return {
            "BACKEND": "pictures.storage_disk.DiskStorage",
            "OPTIONS": {"location": DATA_DIR / folder},
        }
    if not find_spec("storages"):
        raise ImproperlyConfigured(
            "MEDIA_BUCKET needs more packages: pip install --require-hashes -r requirements/s3.txt."
        )
    if MEDIA_ENDPOINT and not re.fullmatch(r"https?://\S+", MEDIA_ENDPOINT):
        raise ImproperlyConfigured("MEDIA_ENDPOINT is like https://storage.example.com.")
    where = {"bucket_name": MEDIA_BUCKET, "endpoint_url": MEDIA_ENDPOINT or None}
    return {"BACKEND": "pictures.storage_s3.BucketStorage", "OPTIONS": where | {"location": folder}}


STORAGES = {
    "pictures": pictures("media"),  # public
    "originals": pictures("originals"),  # private
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "web.static_storage.StaticStorage"
    },
}
WHITENOISE_MAX_AGE = 3600  # seconds, for the few files without a hash in their names

MEGABYTE = 1024 * 1024
BODY_LIMIT = MEGABYTE  # bytes of a request body from a reader
STAFF_BODY_LIMIT = 25 * MEGABYTE  # bytes of a request body, under /admin/ and /markdownx/
# Uploads stay in memory: rejected ones never touch the disk, and reading one needs no disk space.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = STAFF_BODY_LIMIT
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # the admin form of an exercise with all its steps is large

MARKDOWNX_MARKDOWNIFY_FUNCTION = "blog.cards_and_sources.preview"
MARKDOWNX_SERVER_CALL_LATENCY = 400  # milliseconds without typing before the preview is updated

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# Without a mail server, emails wait in the database.
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.str("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_TLS", EMAIL_PORT == 587)
EMAIL_TIMEOUT = 10  # seconds for each SMTP response; mail/smtp.py allows more after DATA
EMAIL_BACKEND = "mail.smtp.EmailBackend"


def mailbox(setting: str, address: str) -> str:
    """Normalizes the email address in a setting. Raises ImproperlyConfigured if it is invalid."""
    try:
        return clean(address)
    except ValidationError as error:
        raise ImproperlyConfigured(
            f"{setting} holds “{ascii(address)[1:-1]}”. {error.message}"
        ) from error


# The sender is letters@<host>, or EMAIL_FROM, like Elsie <letters@example.com>.
DEFAULT_FROM_EMAIL = f"letters@{_site.hostname}"
if _from := env.str("EMAIL_FROM", "").strip():
    _name, _address = parseaddr(_from)
    DEFAULT_FROM_EMAIL = formataddr((_name, mailbox("EMAIL_FROM", _address or _from)))

# Comma-separated addresses that get an email when something breaks.
_admins: list[str] = env.list("ADMINS", [])
ADMINS = [("", mailbox("ADMINS", address)) for address in filter(str.strip, _admins)]
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_SUBJECT_PREFIX = ""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "web.logs.JsonFormatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json"},
        "email": {"class": "web.logs.ErrorEmailHandler"},
    },
    "root": {"handlers": ["console", "email"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Attacks by strangers are not errors of the site: they are logged but not emailed.
        "django.security": {"handlers": ["console"], "propagate": False},
        "django.request": {"level": "ERROR"},  # web.logs.log_requests logs 4xx responses
        "gunicorn.error": {"handlers": [], "propagate": True},
    },
}
