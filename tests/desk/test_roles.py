"""The front page of the desk, and what each role sees and may do."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.management import call_command
from django.test import Client

from blog.models import Article
from mail.models import Letter
from mail.outbox import send_due
from operations import backup
from tests.support.make import earlier, later, make_article, make_comment, make_picture, make_source
from tests.support.page import Element, read, save

pytestmark = pytest.mark.django_db


def client_of(role: str) -> Client:
    call_command("roles")
    user = User.objects.create_user(role.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def front_page(client: Client) -> Element:
    return read(client.get("/admin/")).one(id="content-main")


def items(client: Client) -> list[Element]:
    """The notices without the one about backups, which tests/operations/test_admin.py tests."""
    found = [item for part in front_page(client).all("ul", "sentences") for item in part.all("li")]
    return [item for item in found if not item.all("form")]


def notices(client: Client) -> list[str]:
    return [item.text for item in items(client)]


@pytest.fixture(autouse=True)
def backed_up(settings: Any, tmp_path: Path) -> None:
    """Makes a backup of today, so that there is no notice about a missing one."""
    settings.BACKUP_DIR = tmp_path
    (tmp_path / datetime.now(UTC).strftime(backup.NAME_FORMAT)).touch()


def test_the_front_page_says_when_there_is_nothing_to_do(trainer: Client) -> None:
    assert front_page(trainer).one("p").text == "Nothing needs you today."
    assert notices(trainer) == []


def test_each_notice_links_to_what_needs_attention(trainer: Client) -> None:
    make_comment(published_at=None)
    make_comment(words="Does it help my back?", name="Ana")
    answered = make_comment(words="How often?")
    make_comment(article=answered.article, parent=answered, by_trainer=True)
    draft = make_article(title="Begun", published_at=None)
    make_article(title="Coming", published_at=later())
    make_article(title="Claiming", text="Studies say so.")
    make_picture(text_alternative="")
    Letter.objects.create(kind="x", to="a@example.org", subject="S", sent_at=earlier())
    address = f"/admin/blog/article/{draft.pk}/change/"
    fields = read(trainer.get(address)).one("form", id="article_form").fields()
    typed = fields | {"title": "Begun well", "article": draft.pk}
    trainer.post(f"/admin/blog/article/window/{fields['window']}/", typed)

    texts = notices(trainer)
    assert texts[:6] == [
        "One answer waits for you.",
        "Ana asks: “Does it help my back?”",
        "You typed something in “Begun well” that is not saved.",
        "“Begun” is a draft.",
        "One picture has no words yet.",
        "“Claiming” has a claim without a source.",
    ]
    assert re.match(r"Next: “Coming”\. Scheduled for \w+, \w+ \d+, ", texts[6])
    assert texts[7].startswith("The last email went out on ")
    for item in items(trainer):
        assert trainer.get(item.one("a").attrs["href"]).status_code == 200, item.text


def test_drafts_beyond_the_newest_five_are_counted(trainer: Client) -> None:
    for n in range(8):
        make_article(title=f"Draft {n}", published_at=None)
    found = read(trainer.get("/admin/")).one(id="content-main").all("a")
    links = [link for link in found if "draft" in link.text]
    assert len(links) == 6
    assert links[0].text == "“Draft 7” is a draft."
    assert links[-1].text == "There are 3 more drafts."
    link = links[-1]
    assert len(read(trainer.get(link.attrs["href"])).one(id="result_list").all("tr")) == 9


def test_a_claim_with_a_source_gives_no_notice(trainer: Client) -> None:
    article = make_article(text="Studies say so [@one].")
    make_source(article=article, key="one")
    assert notices(trainer) == []


def test_a_trainer_edits_content_and_no_accounts() -> None:
    trainer = client_of("Trainer")
    Letter.objects.create(kind="x", to="a@example.org", subject="S", sent_at=earlier())
    assert notices(trainer)[0].startswith("The last email went out on ")
    assert not items(trainer)[0].all("a")  # only administrators see the recipients of emails
    folds = [fold.text for fold in front_page(trainer).all("summary")]
    assert folds == ["More"]
    assert trainer.get("/admin/auth/user/").status_code == 403
    article = make_article(published_at=None)
    address = f"/admin/blog/article/{article.pk}/change/"
    assert save(trainer, address, _publish="1").status_code == 302
    assert Article.objects.get().is_live()


def test_an_assistant_writes_drafts_and_publishes_nothing() -> None:
    assistant = client_of("Assistant")
    things = front_page(assistant).all("ul", "things")
    assert [a.text for a in things[0].all("a") if "add" not in a.attrs.get("class", "")] == [
        "Articles",
        "Answers and comments",
        "Pictures",
    ]
    article = make_article(title="Draft", published_at=None)
    address = f"/admin/blog/article/{article.pk}/change/"
    page = read(assistant.get(address))
    assert [b.text for b in page.one(class_="buttons").all("button")] == ["Save draft"]
    assert page.all(id="id_published_at") == []
    date = {"published_at_0": "2020-01-01", "published_at_1": "10:00"}
    assert save(assistant, address, title="Better", _draft="1", **date).status_code == 302
    assert Article.objects.get().title == "Better"
    assert Article.objects.get().published_at is None
    assert save(assistant, address, _publish="1").status_code == 403
    assert assistant.get(f"/admin/blog/article/{article.pk}/delete/").status_code == 403


@pytest.mark.parametrize("date", [earlier(), later()], ids=["live", "scheduled"])
def test_an_assistant_s_change_to_a_live_article_waits_for_the_trainer(
    trainer: Client, date: Any
) -> None:
    assistant = client_of("Assistant")
    article = make_article(title="Live", published_at=date)
    address = f"/admin/blog/article/{article.pk}/change/"
    for button in ("_save", "_draft", "_publish"):
        assert save(assistant, address, title="Mine", **{button: "1"}).status_code == 403
    assert save(assistant, address, title="Mine", _later="1").status_code == 302
    assert Article.objects.get().title == "Live"
    notice = "assistant changed something in “Live” for you to look at."
    assert notice in front_page(trainer).text
    assert notice not in front_page(assistant).text
    shown = read(trainer.get(address))
    assert "assistant typed something here" in shown.text
    link = next(a for a in shown.all("a") if a.text == "Continue with it")
    fields = read(trainer.get(address + link.attrs["href"])).one("form", id="article_form").fields()
    better = {"title": "Mine, and hers"}
    assert trainer.post(address, fields | better | {"_publish": "1"}).status_code == 302
    assert Article.objects.get().title == "Mine, and hers"
    assert "assistant" not in front_page(trainer).text
    assert "assistant typed" not in read(trainer.get(address)).text


def test_the_roles_command_is_idempotent() -> None:
    call_command("roles")
    counts = {group.name: group.permissions.count() for group in Group.objects.all()}
    call_command("roles")
    assert {group.name: group.permissions.count() for group in Group.objects.all()} == counts
    assert counts["Assistant"] < counts["Trainer"] < counts["Administrator"]


def test_a_forgotten_password_is_replaced_by_email(reader: Client) -> None:
    User.objects.create_superuser("elsie", "elsie@example.org", "forgotten")
    assert 'href="/admin/password/"' in reader.get("/admin/login/").content.decode()
    ask = Client()
    for address in ("elsie@example.org", "nobody@example.org"):
        asked = ask.post("/admin/password/", {"email": address}, headers={"host": "localhost"})
        assert asked["Location"] == "/admin/password/sent/"
    assert ask.get("/admin/password/sent/").status_code == 200
    assert not mail.outbox  # the request did not wait for the mail server
    waiting = Letter.objects.get()
    helper = Client()
    helper.force_login(User.objects.create_superuser("ben"))
    for page in ("", f"{waiting.pk}/change/"):  # nobody else can see its link
        seen = helper.get(f"/admin/comments/letter/{page}", follow=True).content.decode()
        assert "/admin/password/M" not in seen
        assert "A new password for your desk" not in seen
    assert send_due() == 1
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["elsie@example.org"], "A new password for your desk")
    assert not Letter.objects.filter(text__contains="/admin/password/").exists()
    link = re.search(r"http://127\.0\.0\.1:8000(/admin/password/\S+)", str(letter.body))
    assert link
    form = ask.get(link[1])["Location"]
    new = {"new_password1": "a zebra in the gym", "new_password2": "a zebra in the gym"}
    assert ask.post(form, new)["Location"] == "/admin/"
    assert ask.get("/admin/").status_code == 200
    assert "Location" not in reader.get(link[1])
