import logging

from django.apps import AppConfig

log = logging.getLogger(__name__)


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self) -> None:
        """Settle a restore that was cut short before anything is served or written."""
        from operations import backup

        try:
            backup.settle()
        except backup.Failed as failure:
            log.critical("A restore was cut short. %s", failure)
            raise SystemExit(3) from failure  # gunicorn stops at this one
