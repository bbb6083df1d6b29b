"""How passwords are kept and checked."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.http import HttpRequest

from accounts import throttle


class Argon2(Argon2PasswordHasher):
    """OWASP's figures: 19 MiB a check instead of Django's 100, so that many at once fit into a
    small machine."""

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1


class CountedPasswords(ModelBackend):
    """Every password that a request brings is counted before it is looked at."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> Any:
        """The user, or None; raises guessing.Wait, which a form shows as its error."""
        if request is None or username is None:
            return super().authenticate(request, username, password, **more)
        guess = throttle.begin(request, username)
        user = super().authenticate(request, username, password, **more)
        if user:
            throttle.right(guess)
        return user
