"""Slows and then refuses whoever guesses at the door.

Failed tries are counted in rows, by account and sender together and by sender. A device that the
account signed in with before is counted by itself: nobody else can use up its tries, so an attacker
shuts the door to himself only.
"""

from datetime import datetime, timedelta
from math import ceil

from django.core.exceptions import ValidationError
from django.db.models import Count, Max, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import devices
from accounts.models import Guess
from web.clients import client_id, keyed_hash

REMEMBERED = timedelta(hours=1)
AHEAD = timedelta(minutes=1)  # a row from further ahead was written by a clock that was wrong
FREE = 5  # tries without a pause
FREE_OF_SENDER = 20  # the same, of all accounts together
SLOW = 5  # more tries with pauses that double, from two seconds on; then none for an hour


class Wait(ValidationError):
    """Too many tries; says after how many seconds another one is looked at."""

    def __init__(self, pause: timedelta) -> None:
        self.seconds = max(1, ceil(pause.total_seconds()))
        minutes = ceil(self.seconds / 60)
        unit = "one minute" if minutes == 1 else f"{minutes} minutes"
        when = f"{self.seconds} seconds" if self.seconds < 60 else unit
        super().__init__(f"That did not work too many times. Try again in {when}.", code="wait")


def begin(
    request: HttpRequest, account: str, *, second_step: bool = False, device: str = ""
) -> Guess:
    """Count a try before it is checked, so that many at once are counted too; call right() when it
    was. At the second step, where everybody has the password, all senders but known devices share
    the account's tries. device is a known one, where the account is no user's name. Raises Wait."""
    now = timezone.now()
    Guess.objects.exclude(at__range=(now - REMEMBERED, now + AHEAD)).delete()
    device, sender = device or devices.known(request, account), client_id(request)
    who = device or ("anybody" if second_step else sender)
    step = "second" if second_step else "first"
    guess = Guess.objects.create(
        key=keyed_hash("door", f"{step} {who} {account.casefold()}"),
        sender="" if device else sender,
        at=now,
    )
    others = Guess.objects.exclude(pk=guess.pk)
    pause = _pause(others.filter(key=guess.key), FREE, now)
    if not device:
        pause = max(pause, _pause(others.filter(sender=sender), FREE_OF_SENDER, now))
    if pause > timedelta(0):
        guess.delete()  # was not looked at
        raise Wait(pause)
    return guess


def right(guess: Guess) -> None:
    """It was the right one: what failed before it is forgotten."""
    Guess.objects.filter(key=guess.key).delete()


def slowed(response: HttpResponse, form: BaseForm) -> HttpResponse:
    """The answer to a form that was refused: 429 and for how long, when it has to wait."""
    waits = [
        error.seconds
        for errors in form.errors.as_data().values()
        for error in errors
        if isinstance(error, Wait)
    ]
    if waits:
        response.status_code = 429
        response["Retry-After"] = str(max(waits))
    return response


def _pause(guesses: QuerySet[Guess], free: int, now: datetime) -> timedelta:
    counted = guesses.aggregate(number=Count("pk"), last=Max("at"))
    over = counted["number"] - free
    if over < 0:
        return timedelta(0)
    pause = timedelta(seconds=2 ** (over + 1)) if over < SLOW else REMEMBERED
    return counted["last"] + pause - now
