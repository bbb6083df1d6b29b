"""Tries that failed at the door, and the devices people came in with."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

SIGNED_IN_FOR = timedelta(days=14)  # from the sign-in on, however busy she is


class Guess(models.Model):
    """A try to sign in that failed or is being checked; gone after an hour."""

    # A hash of the account and of who tries.
    key = models.CharField(max_length=40, db_index=True, db_column="door")
    sender = models.CharField(max_length=40, blank=True, db_index=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"A try at {self.at:%H:%M}"


class DeviceQuerySet(models.QuerySet["Device"]):
    def signed_in(self) -> "DeviceQuerySet":
        """Those whose session still holds."""
        since = timezone.now() - SIGNED_IN_FOR
        return self.exclude(session="").filter(signed_in_at__gt=since)


class Device(models.Model):
    """A browser somebody signed in with. It is known again by a cookie, of which a hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices")
    key = models.CharField(max_length=40)
    session = models.CharField(max_length=40, blank=True)  # what its one session holds; empty: none
    name = models.CharField(max_length=60)  # Firefox on Windows
    signed_in_at = models.DateTimeField(default=timezone.now)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["-signed_in_at"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="device_once")]

    def __str__(self) -> str:
        return self.name
