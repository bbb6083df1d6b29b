"""How passwords are hashed and checked."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.http import HttpRequest

from accounts import throttle


class Argon2(Argon2PasswordHasher):
    """Uses OWASP's parameters: 19 MiB for each check instead of Django's 100, so that concurrent
    checks fit in the memory of a small machine."""

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1


class CountedPasswords(ModelBackend):
    """Counts every password in a request before it is checked. Sessions hold this class's path."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> Any:
        """Returns the user, or None. Raises throttle.Throttled, which forms show as their error."""
        if request is None or username is None:
            return super().authenticate(request, username, password, **more)
        guess = throttle.begin(request, username)
        user = super().authenticate(request, username, password, **more)
        if user:
            throttle.reset(guess)
        return user
