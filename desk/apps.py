from django.apps import AppConfig
from django.contrib.admin import apps


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        from desk import lookups  # noqa: F401  which registers itself


class DeskAdminConfig(apps.AdminConfig):
    """The stock admin with the trainer's own order of things."""

    default_site = "desk.site.Desk"
    default = False
