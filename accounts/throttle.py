"""Slows down and then refuses repeated failed sign-in attempts.

Failed attempts are rows, counted per account and client, and per client. A device that the account
signed in with before has a count of its own, which nobody else can use up: an attacker locks out
only themselves.
"""

from datetime import datetime, timedelta
from itertools import chain
from math import ceil

from django.core.exceptions import ValidationError
from django.db.models import Count, Max, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import devices
from accounts.models import Guess
from web.clients import client_id, keyed_hash

WINDOW = timedelta(hours=1)
CLOCK_SKEW = timedelta(minutes=1)  # a row from further in the future was written by a wrong clock
FREE_ATTEMPTS = 5  # without a pause
FREE_ATTEMPTS_OF_CLIENT = 20  # the same, for all accounts together
SLOW_ATTEMPTS = 5  # further ones, with pauses that double from two seconds on; then none for WINDOW


class Throttled(ValidationError):
    """Too many attempts; the message says after how many seconds the next one is checked."""

    def __init__(self, pause: timedelta) -> None:
        self.seconds = max(1, ceil(pause.total_seconds()))
        minutes = ceil(self.seconds / 60)
        unit = "one minute" if minutes == 1 else f"{minutes} minutes"
        when = f"{self.seconds} seconds" if self.seconds < 60 else unit
        super().__init__(f"That did not work too many times. Try again in {when}.", code="wait")


def begin(
    request: HttpRequest, account: str, *, second_factor: bool = False, device_key: str = ""
) -> Guess:
    """Counts an attempt before it is checked, so that concurrent ones count too. The caller passes
    the returned row to reset() if the attempt was right. Raises Throttled.

    At the second factor, which only holders of the password reach, all clients except known devices
    share the account's attempts. device_key is that of a known device, for an account that is not
    a user name.
    """
    now = timezone.now()
    Guess.objects.exclude(at__range=(now - WINDOW, now + CLOCK_SKEW)).delete()
    device_key, client = device_key or devices.known_key(request, account), client_id(request)
    who = device_key or ("anybody" if second_factor else client)
    step = "second" if second_factor else "first"
    guess = Guess.objects.create(
        key=keyed_hash("door", f"{step} {who} {account.casefold()}"),
        sender="" if device_key else client,
        at=now,
    )
    others = Guess.objects.exclude(pk=guess.pk)
    pause = _pause(others.filter(key=guess.key), FREE_ATTEMPTS, now)
    if not device_key:
        pause = max(pause, _pause(others.filter(sender=client), FREE_ATTEMPTS_OF_CLIENT, now))
    if pause > timedelta(0):
        guess.delete()  # it is not checked, so it does not count
        raise Throttled(pause)
    return guess


def reset(guess: Guess) -> None:
    """The attempt was right: deletes the failed ones before it."""
    Guess.objects.filter(key=guess.key).delete()


def mark_throttled(response: HttpResponse, form: BaseForm) -> HttpResponse:
    """Gives the response to an invalid form status 429 and Retry-After if it was throttled."""
    errors = chain.from_iterable(form.errors.as_data().values())
    waits = [error.seconds for error in errors if isinstance(error, Throttled)]
    if waits:
        response.status_code = 429
        response["Retry-After"] = str(max(waits))
    return response


def _pause(guesses: QuerySet[Guess], free: int, now: datetime) -> timedelta:
    counted = guesses.aggregate(number=Count("pk"), last=Max("at"))
    over = counted["number"] - free
    if over < 0:
        return timedelta(0)
    pause = timedelta(seconds=2 ** (over + 1)) if over < SLOW_ATTEMPTS else WINDOW
    return counted["last"] + pause - now
