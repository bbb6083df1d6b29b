"""The password hasher, and the authentication backend that throttles sign-in attempts."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.http import HttpRequest

from accounts import throttle


class Argon2(Argon2PasswordHasher):
    """Argon2 with the parameters that OWASP recommends. Each check takes 19 MiB of memory instead
    of Django's 100, so that concurrent checks fit on a small machine."""

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1


class CountedPasswords(ModelBackend):
    """Checks passwords, and first counts each attempt for accounts/throttle.py. Sessions contain
    the dotted path of this class, so renaming it signs everybody out."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> Any:
        """Raises throttle.Throttled, a ValidationError, after too many attempts."""
        if request is None or username is None:
            return super().authenticate(request, username, password, **more)
        guess = throttle.begin(request, username)
        user = super().authenticate(request, username, password, **more)
        if user:
            throttle.reset(guess)
        return user
