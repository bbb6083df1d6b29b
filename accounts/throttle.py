"""Slows down, then refuses, sign-in attempts after repeated failures.

Each failed attempt is a row (Guess). Rows are counted per account and client (a hash of the IP
address), and per client. A device that the account has signed in with before has its own count,
so attackers on other devices cannot lock its user out.
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
CLOCK_SKEW = timedelta(minutes=1)  # a wrong clock wrote rows that are further in the future
FREE_ATTEMPTS = 5  # without a pause, for one account
FREE_ATTEMPTS_OF_CLIENT = 20  # without a pause, for all accounts together
SLOW_ATTEMPTS = 5  # further attempts after pauses of 2, 4, 8 … seconds; then the pause is WINDOW


class Throttled(ValidationError):
    """There were too many attempts. The message says when to try again; `seconds` is the pause."""

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
    the result to reset() if the password or code was right. Raises Throttled if the attempt must
    wait.

    With second_factor, which only people who know the password reach, all clients except known
    devices share one count per account. device_key: by default this device's, if `account` has
    signed in with it."""
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
        guess.delete()  # the attempt is not checked, so it does not count
        raise Throttled(pause)
    return guess


def reset(guess: Guess) -> None:
    """Deletes an attempt that was right, and the failed ones with the same key."""
    Guess.objects.filter(key=guess.key).delete()


def mark_throttled(response: HttpResponse, form: BaseForm) -> HttpResponse:
    """Sets status 429 and Retry-After on the response if the form has a Throttled error."""
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
