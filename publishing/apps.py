import logging

from django.apps import AppConfig
from django.contrib.admin import apps
from django.utils.module_loading import autodiscover_modules

log = logging.getLogger(__name__)


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self) -> None:
        """Settle a restore that was cut short before anything is served or written; let each room
        say what of it can be searched, then keep it right."""
        from publishing import backup, edition, lookups  # noqa: F401  which registers itself

        try:
            backup.settle()
        except backup.Failed as failure:
            log.critical("A restore was cut short. %s", failure)
            raise SystemExit(3) from failure  # gunicorn stops at this one
        autodiscover_modules("search_entries")
        edition.connect()


class DeskConfig(apps.AdminConfig):
    """The stock admin with the trainer's own order of things."""

    default_site = "publishing.desk.Desk"
    default = False
