"""Setup: invalid settings, settings that follow from SITE_URL, and the first password link."""

import json
import os
import pty
import re
import subprocess
import sys
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.support.page import read
from tests.support.site import PASSWORD, ROOT, SECRET, RunningSite, environment, manage

SHOW = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))
"""


def start(folder: Path, *names: str, **environment_: str) -> subprocess.CompletedProcess[str]:
    """A new process that prints these settings. The value "unset" removes a variable."""
    variables = environment(folder, **environment_)
    return subprocess.run(
        [sys.executable, "-c", SHOW, *names],
        cwd=ROOT,
        env={name: value for name, value in variables.items() if value != "unset"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def settings_of(folder: Path, *names: str, **environment_: str) -> dict[str, Any]:
    """The values of these settings in a new process."""
    done = start(folder, *names, **environment_)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("secret", ["unset", ""])
def test_missing_secret_key_is_refused_with_a_message(tmp_path: Path, secret: str) -> None:
    done = start(tmp_path, "SECRET_KEY", SECRET_KEY=secret)
    assert done.returncode != 0
    error = done.stderr.strip().splitlines()[-1]
    assert "Set SECRET_KEY to at least 50 random characters" in error
    assert "make run" in error


def test_secret_key_is_read_from_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("made once\n")
    assert settings_of(tmp_path, "SECRET_KEY", SECRET_KEY="unset") == {"SECRET_KEY": "made once"}
    assert settings_of(tmp_path, "SECRET_KEY") == {
        "SECRET_KEY": SECRET
    }  # the environment has precedence


@pytest.mark.parametrize(
    "url",
    ["example.com", "ftp://example.com", "https://", "https://example.com/blog", "", "http://[",
     "https://example.com?a=b", "https://example.com:port"],
)  # fmt: skip
def test_invalid_site_url_is_refused_with_a_message(tmp_path: Path, url: str) -> None:
    done = start(tmp_path, "DEBUG", SITE_URL=url)
    assert done.returncode != 0
    error = done.stderr.strip().splitlines()[-1]
    assert "SITE_URL is the address readers type, like https://example.com" in error


@pytest.mark.parametrize("url", ["https://[2001:db8::1]:8443", "https://example.com:8443"])
def test_host_of_site_url_is_allowed(tmp_path: Path, url: str) -> None:
    found = settings_of(tmp_path, "ALLOWED_HOSTS", SITE_URL=url)
    assert found["ALLOWED_HOSTS"] == [url.removeprefix("https://").removesuffix(":8443")]


def test_other_settings_use_the_normalized_site_url(tmp_path: Path) -> None:
    names = ["SITE_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEFAULT_FROM_EMAIL"]
    found = settings_of(tmp_path, *names, SITE_URL="HTTPS://Bücher.example:443/")
    assert found == {
        "SITE_URL": "https://xn--bcher-kva.example",
        "ALLOWED_HOSTS": ["xn--bcher-kva.example"],
        "CSRF_TRUSTED_ORIGINS": ["https://xn--bcher-kva.example"],
        "DEFAULT_FROM_EMAIL": "letters@xn--bcher-kva.example",
    }


def test_time_zones_do_not_depend_on_the_system(tmp_path: Path) -> None:
    assert "no issues" in manage(tmp_path, "check", PYTHONTZPATH="")
    done = start(tmp_path, "TIME_ZONE", PYTHONTZPATH="", TIME_ZONE="Europe/Berlin")
    assert json.loads(done.stdout) == {"TIME_ZONE": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("name", "value"), [("DEBUG", "maybe"), ("PORT", "eighty")], ids=["DEBUG", "PORT"]
)
def test_setting_of_the_wrong_type_is_named_in_the_error(
    tmp_path: Path, name: str, value: str
) -> None:
    done = start(tmp_path, "DEBUG", **{name: value})
    assert done.returncode != 0
    assert f'"{name}"' in done.stderr.strip().splitlines()[-1]


HTTPS_ONLY = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"]


def test_https_site_has_secure_cookies_and_hsts(tmp_path: Path) -> None:
    names = [*HTTPS_ONLY, "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG"]
    found = settings_of(tmp_path, *names, SITE_URL="https://example.com/")
    assert [found[name] for name in HTTPS_ONLY] == [True, True, True]
    assert found["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert found["ALLOWED_HOSTS"] == ["example.com"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://example.com"]
    assert found["DEBUG"] is False


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:9000"])
def test_local_site_allows_every_loopback_host(tmp_path: Path, url: str) -> None:
    found = settings_of(tmp_path, *HTTPS_ONLY, "ALLOWED_HOSTS", SITE_URL=url)
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert [found[name] for name in HTTPS_ONLY] == [False, False, False]


def test_port_determines_the_default_site_url(tmp_path: Path) -> None:
    found = settings_of(tmp_path, "SITE_URL", PORT="9123")
    assert found == {"SITE_URL": "http://127.0.0.1:9123"}


def test_http_request_is_redirected_to_https(client: Any, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    response = client.get("/articles/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/articles/")


@pytest.mark.django_db
def test_https_response_has_hsts(client: Any, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    assert client.get("/", secure=True)["Strict-Transport-Security"] == "max-age=60"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["elsewhere.example", "testserver.elsewhere.example", "te st", "[", ""]
)
def test_unknown_host_is_a_400(client: Any, host: str) -> None:
    response = client.get("/", headers={"Host": host})
    assert response.status_code == 400
    assert read(response).one("h1").text == "This request could not be read"


def in_a_terminal(folder: Path, *arguments: str, **more: str) -> str:
    """Runs manage.py in a pseudo-terminal. Returns its output."""
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(folder, **more),
        stdout=terminal,
        stderr=terminal,
        stdin=terminal,
    )
    os.close(terminal)
    output = b""
    try:
        while piece := os.read(master, 4096):
            output += piece
    except OSError:
        pass  # Linux raises it when the process has closed its end
    finally:
        os.close(master)
    assert process.wait(timeout=60) == 0, output
    return output.decode()


class Visitor:
    """An HTTP client that keeps cookies."""

    def __init__(self, site: RunningSite) -> None:
        self.site = site
        self.jar = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.jar))

    def open(self, address: str, form: dict[str, str] | None = None) -> tuple[HTTPResponse, str]:
        data = urlencode(form).encode() if form else None
        url = address if address.startswith("http") else self.site.url + address
        try:
            with self.opener.open(url, data, timeout=30) as response:
                return response, response.read().decode()
        except HTTPError as error:
            with error:
                return error, error.read().decode()  # type: ignore[return-value]


def test_password_link_works_once(site: RunningSite) -> None:
    output = manage(site.folder, "trainer", SITE_URL=site.url)
    assert output.strip() == "To choose the trainer's password, run “make trainer” in a terminal."
    shown = in_a_terminal(site.folder, "trainer", SITE_URL=site.url)
    link = re.search(rf"{site.url}/admin/password/\S+", shown)
    assert link, shown
    assert "“elsie”" in shown

    visitor = Visitor(site)
    page, text = visitor.open(link[0])
    assert page.url.endswith("/set-password/")  # the address no longer contains the token
    assert "no-store" in page.headers["Cache-Control"]
    form = read(text).one("form").fields()
    form |= {"new_password1": "stripes on a zebra", "new_password2": "stripes on a zebra"}
    desk, text = visitor.open(page.url, form)
    assert desk.url == f"{site.url}/admin/"
    assert "What would you like to work on?" in text

    _, text = Visitor(site).open(link[0])
    assert read(text).all("input", type="password") == []
    key = link[0].rstrip("/").rpartition("/")[2]
    assert key not in site.log

    other = Visitor(site)
    _, text = other.open("/admin/login/")
    form = read(text).one("form", id="login-form").fields() | {
        "username": "elsie",
        "password": PASSWORD,
    }
    _, text = other.open("/admin/login/", form)
    assert "Please enter the correct username and password" in text


def test_first_run_creates_the_account_and_later_runs_are_silent(tmp_path: Path) -> None:
    manage(tmp_path, "migrate", "--verbosity=0")
    first = in_a_terminal(tmp_path, "trainer", "--first-run")
    assert "/admin/password/" in first
    assert in_a_terminal(tmp_path, "trainer", "--first-run") == ""
    assert manage(tmp_path, "trainer", "--first-run") == ""
    assert "/admin/password/" in in_a_terminal(tmp_path, "trainer")
    assert "/admin/password/" not in manage(tmp_path, "trainer")


def test_deploy_checks_pass_with_an_https_address(tmp_path: Path) -> None:
    secret = os.urandom(40).hex()
    options = {"SITE_URL": "https://example.com", "SECRET_KEY": secret}
    output = manage(tmp_path, "check", "--deploy", "--fail-level=WARNING", **options)
    assert "no issues" in output


def test_as_site_reads_the_settings_as_systemd_does(tmp_path: Path) -> None:
    secret = "a$HOME & b;c#d (e) 'f"
    settings = tmp_path / "fitness.env"
    settings.write_text(
        f"# chmod 600\nSITE_URL=https://example.com\n#BACKUP_DIR=/mnt\nEMAIL_PASSWORD={secret}\n"
        'EMAIL_USER="elsie"\nEMAIL_FROM=\nDATABASE_URL=postgresql://a:b@c/d?e=f&g=h'
    )
    shipped = (ROOT / "deploy" / "as-site").read_text()
    assert "setpriv --reuid=fitness" in shipped
    script = tmp_path / "as-site"
    without_setpriv = re.sub(r"setpriv .*--init-groups ", "", shipped)
    script.write_text(without_setpriv.replace("/etc/fitness.env", str(settings)))
    show = "import json, os; print(json.dumps({**os.environ}))"
    command = ["sh", f"{script}", sys.executable, "-c", show]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    seen = json.loads(done.stdout)
    assert seen["EMAIL_PASSWORD"] == secret
    assert (seen["EMAIL_USER"], seen["EMAIL_FROM"]) == ("elsie", "")
    assert seen["DATABASE_URL"].endswith("?e=f&g=h")
    assert (seen["SITE_URL"], seen["DATA_DIR"]) == ("https://example.com", "/var/lib/fitness")
    assert "BACKUP_DIR" not in seen
