"""The pages behind a real nginx with a certificate; and over plain http, what is said where there is none."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.app import create_app
from service.settings import Settings
from tests.pages.page_kit import PASSWORD, Tabs, allow_password, axe_clean, visitor
from tests.service.api_kit import Office, served
from tests.service.cli_kit import eventually

NAME = "desk.example.gov.cn"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
OUTSIDE = {"host": "10.9.8.7:8000"}
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    server_name {name};
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location / {{
      proxy_pass {inside};
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""
"""As ops/runbooks/proxy.md has it, in a folder of its own."""


def certificate(folder: Path) -> None:
    """A certificate of the proxy's own, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))


@pytest.fixture
def proxy(desk: Office, tmp_path: Path) -> Iterator[int]:
    """The port of an nginx with a certificate before the desks."""
    if NGINX is None:
        pytest.skip("no nginx here: apt-get install nginx-light")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    certificate(tmp_path)
    user = "user root;" if Path("/proc/self").owner() == "root" else ""
    inside = str(desk.client.base_url).rstrip("/")
    said = CONFIGURATION.format(folder=tmp_path, port=port, name=NAME, inside=inside, user=user)
    (tmp_path / "nginx.conf").write_text(said, "utf-8")
    process = subprocess.Popen([NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
    try:
        assert eventually(lambda: process.poll() is not None or listens(port), 20)
        assert process.poll() is None, (tmp_path / "error.log").read_text("utf-8")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def through(port: int, certificate_of: Path) -> httpx.Client:
    """A client that finds the proxy under its name and believes its certificate alone."""
    trusted = ssl.create_default_context(cafile=str(certificate_of))
    transport = httpx.HTTPTransport(verify=trusted)
    handle = transport.handle_request

    def to_the_proxy(request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "sni_hostname": NAME}
        asked, request.url = request.url, request.url.copy_with(host="127.0.0.1", port=port)
        try:
            return handle(request)
        finally:
            request.url = asked  # cookies are kept for the name

    transport.handle_request = to_the_proxy  # type: ignore[method-assign]
    return httpx.Client(base_url=f"https://{NAME}", transport=transport, timeout=60)


def token(client: httpx.Client, path: str) -> str:
    """The token in the forms of a page."""
    return client.get(path).text.partition('name="csrf" value="')[2].partition('"')[0]


def test_staff_sign_in_and_work_through_a_proxy(desk: Office, proxy: int, tmp_path: Path) -> None:
    allow_password(desk, "intake")
    with through(proxy, tmp_path / "cert.pem") as client:
        page = client.get("/sign-in")
        assert 'id="unsafe"' not in page.text
        assert "__Host-hy_visitor" in page.headers["set-cookie"]
        assert "Secure" in page.headers["set-cookie"]
        fields = {"csrf": token(client, "/sign-in"), "staff": "intake", "password": PASSWORD}
        signed_in = client.post("/sign-in", data=fields, headers={"origin": f"https://{NAME}"})
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
        sent = {"csrf": token(client, "/intake/web"), "content": "经代理登记", "nature": "help", "key": "p" * 32}
        receipt = client.post("/intake/web", data=sent, headers={"origin": f"https://{NAME}"})
        assert receipt.status_code == 303
        assert f"https://{NAME}/public/state" in client.get(receipt.headers["location"]).text


def test_plain_http_from_elsewhere_says_why_nobody_can_sign_in(desk: Office) -> None:
    with visitor(desk) as client:
        said = client.get("/sign-in", headers=OUTSIDE).text
        assert "浏览器不保存本服务的登录信息" in said
        assert "HUIYING_PUBLIC_URL" in said
        assert 'name="password"' not in said
        assert 'id="unsafe"' in client.get("/public", headers=OUTSIDE).text
        english = client.get("/sign-in", headers={**OUTSIDE, "cookie": "__Host-hy_language=en"}).text
        assert "opened over plain http" in english
        fine = client.get("/sign-in").text
        assert 'id="unsafe"' not in fine
        assert 'name="password"' in fine
        over_https = client.get("/sign-in", headers={**OUTSIDE, "x-forwarded-proto": "https"}).text
        assert 'id="unsafe"' not in over_https


def test_who_came_another_way_is_sent_to_the_public_address(desk: Office) -> None:
    settings = Settings(
        data_dir=desk.folder, database_url=desk.url, public_url=f"https://{NAME}", trusted_proxies="none"
    )
    with served(create_app(settings)) as address, httpx.Client(base_url=address) as client:
        said = client.get("/sign-in", headers=OUTSIDE).text
        assert f'<a href="https://{NAME}">' in said
        assert 'name="password"' not in said
        silent = client.get("/sign-in", headers={"host": NAME})
        assert 'id="unsafe"' not in silent.text, "a proxy that says nothing of https but keeps the name"
        assert "Secure" in silent.headers["set-cookie"]
        nobody_trusted = client.get("/sign-in", headers={**OUTSIDE, "x-forwarded-proto": "https"})
        assert 'id="unsafe"' in nobody_trusted.text


def test_the_warning_reads_well(desk: Office, tab: Tabs) -> None:
    page = tab()
    page.set_extra_http_headers({"x-forwarded-host": OUTSIDE["host"]})
    page.goto("/sign-in")
    page.locator("#unsafe").wait_for()
    axe_clean(page)
