from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "door"  # the app's former name, which its tables and content types keep

    def ready(self) -> None:
        """Connects to Django's own signals, which every way to log in or out sends."""
        from accounts import devices

        user_logged_in.connect(devices.on_login)
        user_logged_out.connect(devices.on_logout)
