"""The site behind Debian's nginx with deploy/nginx.conf, and the systemd units."""

import gzip
import http.client
import shutil
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from tests.faults.fronts import SiteOnSocket, adapted, free_port, until_it_listens
from tests.support.site import ROOT, RunningSite

pytestmark = pytest.mark.faults

MAIN = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    include {folder}/site.conf;
}}
"""
HOST = "example.com"
SHIPPED = (ROOT / "deploy" / "nginx.conf").read_text()


class Front:
    """nginx with our configuration; its messages are in nginx.log."""

    def __init__(self, site: RunningSite, folder: Path, shipped: str = SHIPPED) -> None:
        self.plain, self.secure = free_port(), free_port()
        options = "req -x509 -newkey rsa:2048 -nodes -keyout privkey.pem -out fullchain.pem -subj"
        subprocess.run(
            ["openssl", *options.split(), f"/CN={HOST}"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        replacements = {
            f"/etc/letsencrypt/live/{HOST}": str(folder),
            "/var/lib/fitness": str(site.folder),
            "unix:/run/fitness.sock": site.backend,
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen 443 ": f"listen 127.0.0.1:{self.secure} ",
        }
        (folder / "site.conf").write_text(adapted(shipped, replacements))
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        self.process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder])
        until_it_listens(self.process, self.secure)

    def end(self) -> None:
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=20)

    def ask(
        self, method: str, path: str, body: bytes = b"", sender: str = "127.0.0.1", **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Sends one request over https from a local address."""
        unverified = ssl.create_default_context()
        unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.secure, timeout=60, context=unverified, source_address=(sender, 0)
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body:
            named["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(connection):
            connection.request(method, path, body or None, {"Host": HOST, **named})
            response = connection.getresponse()
            return response, response.read()


@pytest.fixture
def behind(prepared: Path, tmp_path: Path) -> Iterator[SiteOnSocket]:
    assert shutil.which("nginx"), "There is no nginx; make faults installs it on Debian."
    with SiteOnSocket(prepared, tmp_path / "data", SITE_URL=f"https://{HOST}") as site:
        yield site


@pytest.fixture
def front(behind: SiteOnSocket, tmp_path: Path) -> Iterator[Front]:
    front = Front(behind, tmp_path)
    yield front
    front.end()


def test_pages_are_served_over_https_with_security_headers(front: Front) -> None:
    plain = http.client.HTTPConnection("127.0.0.1", front.plain, timeout=20)
    with closing(plain):
        plain.request("GET", "/articles/", headers={"Host": HOST})
        response = plain.getresponse()
        assert (response.status, response.headers["Location"]) == (301, f"https://{HOST}/articles/")
    page, text = front.ask("GET", "/articles/hip-thrust/")
    assert page.status == 200
    assert f'<link rel="canonical" href="https://{HOST}/articles/hip-thrust/">' in text.decode()
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Server"] == "nginx"
    assert front.ask("GET", "/", Host="elsewhere.example")[0].status == 400
    again, _ = front.ask("GET", "/articles/hip-thrust/", If_None_Match=page.headers["ETag"])
    assert again.status == 304


def test_nginx_serves_files_itself(front: Front, behind: SiteOnSocket) -> None:
    _, page = front.ask("GET", "/")
    start = page.index(b"/static/css/site.")
    sheet = page[start : page.index(b'"', start)].decode()
    name = next((behind.folder / "media").glob("*-480.avif")).name
    behind.kill()
    try:
        css, packed = front.ask("GET", sheet, Accept_Encoding="gzip")
        assert (css.status, css.headers["Content-Encoding"]) == (200, "gzip")
        assert gzip.decompress(packed) == (behind.folder / sheet[1:]).read_bytes()
        assert "immutable" in css.headers["Cache-Control"]
        picture, data = front.ask("GET", f"/media/{name}")
        assert (picture.status, picture.headers["Content-Type"]) == (200, "image/avif")
        assert data == (behind.folder / "media" / name).read_bytes()
        for odd in ("/media/../site.sqlite3", "/static/../site.sqlite3", "/static../site.sqlite3"):
            assert front.ask("GET", odd)[0].status in (400, 404, 502), odd
        assert front.ask("GET", "/")[0].status == 502
    finally:
        behind.start_again()
    assert front.ask("GET", "/healthz")[0].status == 200


def assert_forged_senders_are_rate_limited(front: Front) -> None:
    statuses = []
    for n in range(27):
        forged = dict.fromkeys(("X_Forwarded_For", "X_Real_IP"), f"203.0.113.{n}")
        forged |= {"Forwarded": f"for=203.0.113.{n};proto=http", "X_Forwarded_Proto": "http"}
        words = f"words=Answer+{n}".encode()
        response, _ = front.ask("POST", "/comments/", words, "127.0.0.2", **forged)
        statuses.append(response.status)
    assert statuses == [303] * 25 + [429] * 2
    assert front.ask("POST", "/comments/", b"words=Mine", "127.0.0.3")[0].status == 303


def test_the_rate_limit_ignores_forged_sender_headers(front: Front) -> None:
    assert_forged_senders_are_rate_limited(front)


def test_a_site_on_another_machine_is_reached_over_tcp(prepared: Path, tmp_path: Path) -> None:
    """So is a site that was installed before deploy/fitness.socket existed."""
    with RunningSite(prepared, tmp_path / "data", SITE_URL=f"https://{HOST}") as site:
        front = Front(site, tmp_path)
        assert front.ask("GET", "/articles/hip-thrust/")[0].status == 200
        assert_forged_senders_are_rate_limited(front)
        front.end()


def test_connections_to_the_site_are_reused(front: Front, behind: SiteOnSocket) -> None:
    """Many requests arrive over the connection that the first one opened."""
    first = front.ask("GET", "/articles/hip-thrust/")[0]
    assert first.status == 200
    before = behind.connections()
    assert before
    for path in ("/articles/hip-thrust/", "/search/?q=glute", "/exercises/?have=band"):
        assert front.ask("GET", path)[0].status == 200
    assert front.ask("POST", "/comments/", b"words=Mine")[0].status == 303
    assert behind.connections() == before


def test_the_limits_of_request_bodies(front: Front) -> None:
    size = 1024 * 1024
    page, text = front.ask("POST", "/comments/", b"words=" + b"x" * size)
    assert (page.status, b"1 MB" in text) == (413, True)
    assert front.ask("POST", "/admin/login/", b"x=" + b"x" * 2 * size)[0].status == 403
    assert front.ask("POST", "/admin/login/", b"x=" + b"x" * 25 * size)[0].status == 413


def workers(site: RunningSite) -> set[str]:
    master = site.process.pid
    return {*Path(f"/proc/{master}/task/{master}/children").read_text().split()}


def reload(site: SiteOnSocket) -> None:
    site.process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("again", [reload, SiteOnSocket.restart])
def test_a_reload_or_restart_fails_no_request(
    front: Front, behind: SiteOnSocket, again: Callable[[SiteOnSocket], None]
) -> None:
    assert front.ask("GET", "/healthz")[0].status == 200  # it handles signals once it has started
    stop, before = Event(), workers(behind)

    def read(client: int) -> list[int]:
        statuses: list[int] = []
        while not stop.is_set():
            path = ("/articles/hip-thrust/", "/exercises/", "/search/?q=glute")[client % 3]
            statuses.append(front.ask("GET", path)[0].status)
        return statuses

    def write(client: int) -> list[int]:
        statuses: list[int] = []
        while not stop.is_set():
            words = f"words=Answer+{len(statuses)}+of+{client}".encode()
            sender = f"127.1.{client}.{1 + len(statuses) % 200}"
            statuses.append(front.ask("POST", "/comments/", words, sender)[0].status)
        return statuses

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read, client) for client in range(4)]
        writers = [pool.submit(write, client) for client in range(4)]
        try:
            for _ in range(5):
                again(behind)
                stop.wait(3)
        finally:
            stop.set()
        read_ = [status for reader in readers for status in reader.result()]
        written = [status for writer in writers for status in writer.result()]
    assert (set(read_), set(written)) == ({200}, {303})
    assert len(read_) > 50
    assert not before & workers(behind)  # each was replaced
    saved = behind.rows("SELECT count(*) FROM comments_comment")
    assert saved == [(len(written),)]


UNITS = sorted(path.name for path in ROOT.glob("deploy/fitness*.s*"))


def test_only_the_web_server_may_connect() -> None:
    """The site trusts every request that comes over the socket."""
    unit = (ROOT / "deploy" / "fitness.socket").read_text()
    assert "SocketMode=0660" in unit
    assert "SocketGroup=caddy" in unit
    path = "/run/fitness.sock"
    assert f"ListenStream={path}" in unit
    assert f"unix:{path};" in SHIPPED
    assert f"unix/{path} " in (ROOT / "deploy" / "Caddyfile").read_text()


@pytest.mark.parametrize("unit", UNITS)
def test_the_units_are_valid(unit: str, tmp_path: Path) -> None:
    assert shutil.which("systemd-analyze"), (
        "There is no systemd; make faults installs it on Debian."
    )
    for name in UNITS:  # units refer to each other
        text = (ROOT / "deploy" / name).read_text()
        here = text.replace("=/srv/fitness/.venv/bin/", "=/usr/bin/env ")
        assert (here != text) == name.endswith(".service")
        (tmp_path / name).write_text(here)
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / unit], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
