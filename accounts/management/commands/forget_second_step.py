"""Removes an account's second factor, for when phone, passkey and recovery codes are all lost."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if not user:
            raise CommandError(f"There is no account “{username}”.")
        Authenticator.objects.filter(user=user).delete()
        self.stdout.write(f"“{username}” now signs in with the password alone.")
