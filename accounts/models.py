"""Models of failed sign-in attempts, and of the devices people sign in with."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

SESSION_LIFETIME = timedelta(days=14)  # after the sign-in; activity does not extend it


class Guess(models.Model):
    """A sign-in attempt that failed or is being checked; deleted after an hour."""

    # A hash of the step (first or second), the account, and the device or client; see throttle.py.
    key = models.CharField(max_length=40, db_index=True, db_column="door")
    sender = models.CharField(max_length=40, blank=True, db_index=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"An attempt at {self.at:%H:%M}"


class DeviceQuerySet(models.QuerySet["Device"]):
    def with_session(self) -> "DeviceQuerySet":
        """The devices whose session is still valid."""
        since = timezone.now() - SESSION_LIFETIME
        return self.exclude(session="").filter(signed_in_at__gt=since)


class Device(models.Model):
    """A browser that a user has signed in with. Its `key` is a hash of its cookie."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices")
    key = models.CharField(max_length=40)
    session = models.CharField(max_length=40, blank=True)  # token of its session, or ""
    name = models.CharField(max_length=60)  # such as "Firefox on Windows"
    signed_in_at = models.DateTimeField(default=timezone.now)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["-signed_in_at"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="device_once")]

    def __str__(self) -> str:
        return self.name
