from django.apps import AppConfig
from django.contrib.admin import apps
from django.utils.module_loading import autodiscover_modules


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self) -> None:
        """Let each room say what of it can be searched, then keep it right."""
        from publishing import edition, lookups  # noqa: F401  which registers itself

        autodiscover_modules("search_entries")
        edition.connect()


class DeskConfig(apps.AdminConfig):
    """The stock admin with the trainer's own order of things."""

    default_site = "publishing.desk.Desk"
    default = False
