"""SITE_URL in the form that browsers send."""

import pytest

from web.site_url import normalized, origin_of

ORIGINS = {
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


@pytest.mark.parametrize("text", ORIGINS)
def test_origin_is_normalized_as_browsers_do(text: str) -> None:
    assert normalized(text) == ORIGINS[text]
    assert normalized(normalized(text)) == normalized(text)


INVALID_ORIGINS = [
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


@pytest.mark.parametrize("text", INVALID_ORIGINS)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  several libraries raise it
        normalized(text)


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
def test_origin_of_a_link(link: str, origin: str) -> None:
    assert origin_of(link) == origin
