from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "door"  # the app's former name, still in its tables and content types

    def ready(self) -> None:
        """Connects the device handlers to Django's signals, which every login or logout sends."""
        from accounts import devices

        user_logged_in.connect(devices.on_login)
        user_logged_out.connect(devices.on_logout)
