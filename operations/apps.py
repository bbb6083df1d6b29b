import logging

from django.apps import AppConfig

log = logging.getLogger(__name__)


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self) -> None:
        """Recovers an interrupted restore before the process serves or writes anything."""
        from operations import backup

        try:
            backup.recover_interrupted_restore()
        except backup.Failed as failure:
            log.critical("A restore was interrupted. %s", failure)
            raise SystemExit(3) from failure  # gunicorn does not restart a worker that exits with 3
