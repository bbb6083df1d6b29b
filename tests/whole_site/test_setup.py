"""Setting up: what the site refuses to start with, what SITE_URL governs, the first link."""

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
from django.test import RequestFactory

from tests.support.page import read
from tests.support.site import PASSWORD, ROOT, SECRET, RunningSite, environment, manage
from web.errors import server_error
from web.site_url import normalized, origin_of

SHOW = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))
"""


def start(folder: Path, *names: str, **environment_: str) -> subprocess.CompletedProcess[str]:
    """Load the settings as a fresh process would; it prints the named ones."""
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
    done = start(folder, *names, **environment_)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_without_a_secret_it_does_not_start_and_says_what_to_set(tmp_path: Path) -> None:
    for secret in ("unset", ""):
        done = start(tmp_path, "SECRET_KEY", SECRET_KEY=secret)
        assert done.returncode != 0
        said = done.stderr.strip().splitlines()[-1]
        assert "Set SECRET_KEY to at least 50 random characters" in said
        assert "make run" in said


def test_the_secret_made_once_is_taken_from_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("made once\n")
    assert settings_of(tmp_path, "SECRET_KEY", SECRET_KEY="unset") == {"SECRET_KEY": "made once"}
    assert settings_of(tmp_path, "SECRET_KEY") == {"SECRET_KEY": SECRET}  # the environment wins


@pytest.mark.parametrize(
    "url",
    ["example.com", "ftp://example.com", "https://", "https://example.com/blog", "", "http://[",
     "https://example.com?a=b", "https://example.com:port"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    done = start(tmp_path, "DEBUG", SITE_URL=url)
    assert done.returncode != 0
    said = done.stderr.strip().splitlines()[-1]
    assert "SITE_URL is the address readers type, like https://example.com" in said


ADDRESSES = {
    "https://bücher.example": "https://xn--bcher-kva.example",
    "https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
    "https://straße.example": "https://xn--strae-oqa.example",
    "https://例え.テスト:8443": "https://xn--r8jz45g.xn--zckzah:8443",
    "https://ＥＸＡＭＰＬＥ.com": "https://example.com",
    "https://example。com": "https://example.com",
    "https://Example.com": "https://example.com",
    "HTTPS://EXAMPLE.COM:443/": "https://example.com",
    "https://example.com:0443": "https://example.com",
    "https://example.com.": "https://example.com",
    "https://example.com.:443//": "https://example.com",
    "http://example.com:80": "http://example.com",
    "http://example.com:443": "http://example.com:443",
    "https://example.com:80": "https://example.com:80",
    "https://1password.example": "https://1password.example",
    "http://LOCALHOST:8000": "http://localhost:8000",
    "http://127.0.0.1:8000": "http://127.0.0.1:8000",
    "http://[::1]:8000": "http://[::1]:8000",
    "http://[0:0:0:0:0:0:0:1]": "http://[::1]",
    "https://[2001:DB8::0:1]": "https://[2001:db8::1]",
}


@pytest.mark.parametrize("given", ADDRESSES)
def test_the_address_is_kept_as_browsers_send_it(given: str) -> None:
    assert normalized(given) == ADDRESSES[given]
    assert normalized(normalized(given)) == normalized(given)


NO_ADDRESSES = [
    *("example.com", "//example.com", "ftp://example.com", "https:example.com", "https:/a.com"),
    *("https://", "https:///a.com", "https://example.com/blog", "https://example.com?a=b"),
    *("https://example.com#a", "https://example.com\\a", "https://elsie@example.com"),
    *("https://elsie:secret@example.com", "https://exam ple.com", " https://example.com"),
    *(
        "https://example.com ",
        "https://example.com\n",
        "https://example.com:",
        "https://a.com:port",
    ),
    *("https://example.com:0", "https://example.com:65536", "https://example.com:²"),
    *("https://exam_ple.com", "https://a..b", "https://.a", "https://a..", "https://-a.com"),
    *(
        "https://a-.com",
        "https://a,b.com",
        "https://*.a.com",
        "https://a%20b.com",
        "https://\u200b.a",
    ),
    *(f"https://{'a' * 64}.com", f"https://{'a.' * 130}com", f"https://é{'a' * 70}.com"),
    *(
        "https://xn--a.example",
        "https://127.1",
        "https://0x7f.1",
        "https://1.2.3.256",
        "https://1",
        "https://[::1",
    ),
    *("https://[fe80::1%25eth0]", "https://[1.2.3.4]", "https://[]", "https://::1", "http://[", ""),
]


@pytest.mark.parametrize("given", NO_ADDRESSES)
def test_what_is_no_address_of_a_site_is_refused(given: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  of several kinds
        normalized(given)


@pytest.mark.parametrize(
    ("link", "origin"),
    [
        ("https://Bücher.example:443/a?b#c", "https://xn--bcher-kva.example"),
        ("/articles/", ""),
        ("#a", ""),
        ("mailto:a@example.com", ""),
        ("http://[", ""),
    ],
)
def test_a_link_is_compared_in_the_same_form(link: str, origin: str) -> None:
    assert origin_of(link) == origin


@pytest.mark.parametrize("url", ["https://[2001:db8::1]:8443", "https://example.com:8443"])
def test_the_host_that_is_allowed_is_the_one_of_the_address(tmp_path: Path, url: str) -> None:
    found = settings_of(tmp_path, "ALLOWED_HOSTS", SITE_URL=url)
    assert found["ALLOWED_HOSTS"] == [url.removeprefix("https://").removesuffix(":8443")]


def test_everything_that_tells_the_address_tells_the_normalized_one(tmp_path: Path) -> None:
    names = ["SITE_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEFAULT_FROM_EMAIL"]
    found = settings_of(tmp_path, *names, SITE_URL="HTTPS://Bücher.example:443/")
    assert found == {
        "SITE_URL": "https://xn--bcher-kva.example",
        "ALLOWED_HOSTS": ["xn--bcher-kva.example"],
        "CSRF_TRUSTED_ORIGINS": ["https://xn--bcher-kva.example"],
        "DEFAULT_FROM_EMAIL": "letters@xn--bcher-kva.example",
    }


def test_time_zones_are_there_without_the_system_s(tmp_path: Path) -> None:
    told = manage(tmp_path, "check", PYTHONTZPATH="")
    assert "no issues" in told
    done = start(tmp_path, "TIME_ZONE", PYTHONTZPATH="", TIME_ZONE="Europe/Berlin")
    assert json.loads(done.stdout) == {"TIME_ZONE": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("name", "value"), [("DEBUG", "maybe"), ("PORT", "eighty")], ids=["DEBUG", "PORT"]
)
def test_a_setting_of_the_wrong_kind_is_refused_by_name(
    tmp_path: Path, name: str, value: str
) -> None:
    done = start(tmp_path, "DEBUG", **{name: value})
    assert done.returncode != 0
    assert f'"{name}"' in done.stderr.strip().splitlines()[-1]


SAFETY = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"]


def test_https_makes_cookies_secure_and_readers_stay_with_it(tmp_path: Path) -> None:
    names = [*SAFETY, "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG"]
    found = settings_of(tmp_path, *names, SITE_URL="https://example.com/")
    assert [found[name] for name in SAFETY] == [True, True, True]
    assert found["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert found["ALLOWED_HOSTS"] == ["example.com"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://example.com"]
    assert found["DEBUG"] is False


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:9000"])
def test_at_home_every_loopback_name_counts(tmp_path: Path, url: str) -> None:
    found = settings_of(tmp_path, *SAFETY, "ALLOWED_HOSTS", SITE_URL=url)
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert [found[name] for name in SAFETY] == [False, False, False]


def test_the_port_makes_the_address(tmp_path: Path) -> None:
    found = settings_of(tmp_path, "SITE_URL", PORT="9123")
    assert found == {"SITE_URL": "http://127.0.0.1:9123"}


def test_on_https_a_plain_request_is_led_there(client: Any, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    response = client.get("/articles/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/articles/")


@pytest.mark.django_db
def test_on_https_answers_say_to_stay(client: Any, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    assert client.get("/", secure=True)["Strict-Transport-Security"] == "max-age=60"


@pytest.mark.django_db
def test_another_host_gets_a_plain_refusal(client: Any) -> None:
    for host in ("elsewhere.example", "testserver.elsewhere.example", "te st", "[", ""):
        response = client.get("/", headers={"Host": host})
        assert response.status_code == 400, host
    assert read(response).one("h1").text == "This request could not be read"


def test_the_page_for_our_own_faults_asks_nothing_of_the_database() -> None:
    """Without the db fixture, a query here is an error."""
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    page = read(response)
    assert page.one("h1").text == "Something broke on our side"
    assert "what you typed is still there" in page.text


def in_a_terminal(folder: Path, *arguments: str, **more: str) -> str:
    """Run manage.py with a terminal of its own; what the terminal showed."""
    master, terminal = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(folder, **more),
        stdout=terminal,
        stderr=terminal,
        stdin=terminal,
    )
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(master, 4096):
            shown += piece
    except OSError:
        pass  # how Linux says that the other side of a terminal has gone
    finally:
        os.close(master)
    assert running.wait(timeout=60) == 0, shown
    return shown.decode()


class Visitor:
    """Somebody with a browser's cookies."""

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
        except HTTPError as refusal:
            with refusal:
                return refusal, refusal.read().decode()  # type: ignore[return-value]


def test_the_link_for_the_password_works_once(site: RunningSite) -> None:
    said = manage(site.folder, "trainer", SITE_URL=site.url)
    assert said.strip() == "To choose the trainer's password, run “make trainer” in a terminal."
    shown = in_a_terminal(site.folder, "trainer", SITE_URL=site.url)
    link = re.search(rf"{site.url}/admin/password/\S+", shown)
    assert link, shown
    assert "“elsie”" in shown

    visitor = Visitor(site)
    page, text = visitor.open(link[0])
    assert page.url.endswith("/set-password/")  # the key is gone from the address
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


def test_the_first_run_makes_the_account_and_later_runs_are_silent(tmp_path: Path) -> None:
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
    said = manage(tmp_path, "check", "--deploy", "--fail-level=WARNING", **options)
    assert "no issues" in said


def test_a_command_on_the_server_has_the_settings_as_systemd_reads_them(tmp_path: Path) -> None:
    secret = "a$HOME & b;c#d (e) 'f"
    settings = tmp_path / "fitness.env"
    settings.write_text(
        f"# chmod 600\nSITE_URL=https://example.com\n#BACKUP_DIR=/mnt\nEMAIL_PASSWORD={secret}\n"
        'EMAIL_USER="elsie"\nEMAIL_FROM=\nDATABASE_URL=postgresql://a:b@c/d?e=f&g=h'
    )
    shipped = (ROOT / "deploy" / "as-site").read_text()
    assert "setpriv --reuid=fitness" in shipped
    script = tmp_path / "as-site"
    as_oneself = re.sub(r"setpriv .*--init-groups ", "", shipped)
    script.write_text(as_oneself.replace("/etc/fitness.env", str(settings)))
    show = "import json, os; print(json.dumps({**os.environ}))"
    command = ["sh", f"{script}", sys.executable, "-c", show]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    seen = json.loads(told.stdout)
    assert seen["EMAIL_PASSWORD"] == secret
    assert (seen["EMAIL_USER"], seen["EMAIL_FROM"]) == ("elsie", "")
    assert seen["DATABASE_URL"].endswith("?e=f&g=h")
    assert (seen["SITE_URL"], seen["DATA_DIR"]) == ("https://example.com", "/var/lib/fitness")
    assert "BACKUP_DIR" not in seen
