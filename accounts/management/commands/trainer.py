"""Makes the trainer's account and prints a link to choose its password: one day, one use."""

import sys
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser
from django.utils.text import slugify

from accounts.emails import password_link
from publishing.models import Site


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--first-run", action="store_true", help="Say nothing when there is an account already."
        )

    def handle(self, *args: Any, first_run: bool, **options: Any) -> None:
        user = User.objects.filter(is_superuser=True).order_by("pk").first()
        if user and first_run:
            return
        if not user:
            name = slugify(Site.current().trainer) or "trainer"
            user = User.objects.create_superuser(name, password=None)
        if not sys.stdout.isatty():
            # The link is a key: it does not belong in a log file.
            self.stdout.write("To choose the trainer's password, run “make trainer” in a terminal.")
            return
        self.stdout.write(
            f"\nThe trainer's account is “{user.get_username()}”. Choose its password here, within"
            f" one day; the link works once:\n\n    {password_link(user)}\n"
        )
