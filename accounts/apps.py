from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "door"  # its tables and content types are from before it was called accounts

    def ready(self) -> None:
        """Listen to Django's own signals: no way in or out can pass by them."""
        from accounts import devices

        user_logged_in.connect(devices.signed_in)
        user_logged_out.connect(devices.signed_out)
