"""Requests take the way out that an institution prescribes, and what is in the way is named."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.models.test_checkup_served import KEYS, PROVIDERS, Painter, addresses, failing, look
from tests.models.way_out import certificate, proxy, tls

from mllmsent.foundation import InputError
from mllmsent.loopback import LoopbackServer, serve
from mllmsent.models import Response
from mllmsent.models.checkup import CheckStep
from mllmsent.models.served.providers import make_model
from mllmsent.models.served.proxies import Proxy, proxy_before

_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"]
_VARIABLES += ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
PASSWORD = "planted-Pa55word-0123"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine that runs the tests."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@dataclass
class Provider:
    """A provider that is reached at http://provider.test, and at https://provider.test by TLS."""

    name: str
    server: LoopbackServer
    tls_port: int
    certificate: Path

    def look(self, scheme: str = "https", port: int | None = None) -> dict[str, CheckStep]:
        """Every step, asked at that address."""
        place = "provider.test" if port is None else f"127.0.0.1:{port}"
        path = urlsplit(addresses(self.server)[self.name]).path
        return look(self.name, self.server, base_url=f"{scheme}://{place}{path}", max_retries=0)

    def hosts(self, scheme: str = "https") -> dict[str, int]:
        """What a proxy knows of it."""
        return {"provider.test": self.tls_port if scheme == "https" else self.server.port}


@pytest.fixture(params=PROVIDERS)
def provider(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Provider]:
    """Each protocol, behind TLS and without."""
    name: str = request.param
    monkeypatch.setenv(f"{name.upper()}_API_KEY", KEYS[name])
    with ExitStack() as stack:
        server = stack.enter_context(serve(Painter(), api_key=KEYS[name]))
        port = stack.enter_context(tls(server.port, tmp_path))
        yield Provider(name, server, port, certificate(tmp_path))


@pytest.mark.parametrize(
    ("scheme", "variable"),
    [
        ("http", "HTTP_PROXY"),
        ("https", "HTTPS_PROXY"),
        ("https", "https_proxy"),
        ("https", "ALL_PROXY"),
        ("http", "all_proxy"),
    ],
)
def test_a_request_takes_the_proxy_of_its_scheme(
    provider: Provider, scheme: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(provider.certificate))
    with proxy(provider.hosts(scheme)) as running:
        monkeypatch.setenv(variable, running.address)
        steps = provider.look(scheme)
    assert failing(steps) == []
    assert steps["address"].facts["proxy"] == running.address
    assert f"through the proxy {running.address} ({variable})" in steps["address"].detail
    (line,) = running.seen
    assert line == "CONNECT provider.test:443" or line.startswith("POST http://provider.test/")


def test_this_machine_is_asked_directly(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy({}) as running:
        monkeypatch.setenv("ALL_PROXY", running.address)
        steps = provider.look("http", provider.server.port)
    assert failing(steps) == []
    assert running.seen == []


@pytest.mark.parametrize("exceptions", ["provider.test", "example.org, .test", "*"])
def test_hosts_in_no_proxy_are_asked_directly(
    provider: Provider, exceptions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no such host to ask directly: what matters is that the proxy hears nothing."""
    with proxy(provider.hosts("http")) as running:
        monkeypatch.setenv("HTTP_PROXY", running.address)
        monkeypatch.setenv("NO_PROXY", exceptions)
        steps = provider.look("http")
    assert failing(steps) == ["address"]
    assert running.seen == []


def test_the_proxys_user_and_password_are_told_to_the_proxy_and_to_nobody_else(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("SSL_CERT_FILE", str(provider.certificate))
    with proxy(provider.hosts(), login=f"me:{PASSWORD}") as running:
        place = running.address.removeprefix("http://")
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@{place}")
        steps = provider.look()
        assert failing(steps) == []
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD[:-1]}@{place}")
        steps_of_wrong = provider.look()
    assert failing(steps_of_wrong) == ["address"]
    assert steps_of_wrong["address"].detail == (
        f"proxy: {running.address} (HTTPS_PROXY) does not let it through (407)"
    )
    assert "It wants a user and a password" in steps_of_wrong["address"].cure
    assert PASSWORD[:-1] not in repr((steps, steps_of_wrong)) + caplog.text


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(("status", "cure"), [(407, "a user and a password"), (403, ""), (502, "")])
def test_a_proxy_that_refuses_says_so_itself(
    provider: Provider, scheme: str, status: int, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(provider.hosts(scheme), refuses=status) as running:
        monkeypatch.setenv("ALL_PROXY", running.address)
        steps = provider.look(scheme)
    assert failing(steps) != []
    told = next(step for step in steps.values() if step.status == "failed")
    assert str(status) in told.detail
    assert cure in told.cure
    if scheme == "https":
        assert told.name == "address"
        assert f"{running.address} (ALL_PROXY)" in told.detail


def test_a_proxy_that_is_not_there_is_told_with_its_variable(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy({}) as gone:
        pass
    monkeypatch.setenv("HTTPS_PROXY", gone.address)
    step = provider.look()["address"]
    assert step.detail == f"proxy: {gone.address} (HTTPS_PROXY) does not answer"
    assert "Is what HTTPS_PROXY says right?" in step.cure


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_certificates_of_an_institution_are_believed_where_they_are_named(
    provider: Provider, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers = provider.look(port=provider.tls_port)
    assert failing(strangers) == ["address"]
    assert "is not trusted" in strangers["address"].detail
    assert "SSL_CERT_FILE" in strangers["address"].cure
    monkeypatch.setenv(variable, str(provider.certificate))
    assert failing(provider.look(port=provider.tls_port)) == []


def test_certificates_that_are_not_there_are_told(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    step = provider.look("http", provider.server.port)["address"]
    assert (step.status, step.detail) == (
        "failed",
        "The file that SSL_CERT_FILE names is not there",
    )
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(empty))
    assert "holds no certificates" in provider.look("http", provider.server.port)["address"].detail


def test_https_where_no_tls_is_spoken_is_told(provider: Provider) -> None:
    step = provider.look("https", provider.server.port)["address"]
    assert step.status == "failed"
    assert "Does the server speak TLS?" in step.cure


def test_a_proxy_of_another_kind_is_refused_before_anything_is_sent(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5://me:{PASSWORD}@127.0.0.1:1080")
    step = provider.look("http")["address"]
    assert step.status == "failed"
    assert "'socks5'" in step.detail
    assert PASSWORD not in repr(step)


def test_a_password_that_a_proxy_says_back_is_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://me:{PASSWORD}@127.0.0.1:3128")
    model = make_model("server", "m", {"base_url": "http://provider.test/v1"})
    coded = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    shown = model.shown(Response("ok", f"Basic {coded}", error=f"who is {PASSWORD}?"))
    assert PASSWORD not in shown.error
    assert coded not in shown.text


def test_a_proxy_is_shown_without_its_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"me:{PASSWORD}@proxy.test:3128")
    found = proxy_before("api.test", "https://api.test/v1")
    assert isinstance(found, Proxy)
    assert (found.address, found.variable) == ("http://proxy.test:3128", "https_proxy")
    assert found.password == PASSWORD
    assert PASSWORD not in repr(found)


@pytest.mark.parametrize(
    ("host", "direct"), [("10.1.2.3", True), ("10.2.2.3", False), ("api.test", False)]
)
def test_networks_in_no_proxy_are_asked_directly(
    host: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "localhost, 10.1.0.0/16, not/a/network")
    assert (proxy_before(host, f"https://{host}/v1") is None) == direct


def test_what_is_no_address_of_a_proxy_is_told_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@:99999")
    with pytest.raises(InputError, match="HTTPS_PROXY names no address") as caught:
        proxy_before("api.test", "https://api.test/v1")
    assert PASSWORD not in str(caught.value)
