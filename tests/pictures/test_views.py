"""Picture files are served with their type and long-term caching; nothing else is."""

from contextlib import closing
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from tests.support.make import make_picture
from tests.support.stored import files

pytestmark = pytest.mark.django_db


def test_a_stored_picture_is_served_and_cached_forever(reader: Client, media: Path) -> None:
    picture = make_picture()
    response = reader.get(picture.src)
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response) == files()[f"{picture.token}-32.png"]
    assert not response.cookies
    with closing(reader.head(picture.src)) as head:
        assert (head.status_code, head["Content-Type"]) == (200, "image/png")
    assert reader.post(picture.src).status_code == 405


NAME = f"{'a' * 26}-32.png"


@pytest.mark.parametrize(
    "path",
    [
        "../secret-key",
        "..%2fsecret-key",
        "%2e%2e/secret-key",
        "secret.png",
        "/etc/passwd",
        "",
        ".",
        f"{NAME}%00",
        f"{NAME}%0a",
        f"{NAME}/",
        f"%00{NAME}",
        f"../media/{NAME}",
        NAME.upper(),
        NAME.replace("32", "٣٢"),
        NAME.replace("32", "33"),
        NAME.replace("png", "svg"),
        NAME.replace("a", "b"),
        "a" * 3000,
    ],
)
def test_other_names_are_not_found(reader: Client, media: Path, path: str) -> None:
    (media.parent / "secret-key").write_text("secret")
    storages["pictures"].save("secret.png", ContentFile(b"secret"))
    storages["pictures"].save(NAME, ContentFile(b"public"))
    # Read to its end, not closed: on PostgreSQL that would close the test's own connection.
    assert b"".join(reader.get(f"/media/{NAME}")) == b"public"
    response = reader.get(f"/media/{path}")
    assert response.status_code == 404
    assert b"secret" not in response.content
