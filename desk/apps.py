from django.apps import AppConfig
from django.contrib.admin import apps


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        from desk import lookups  # noqa: F401  importing it registers the lookup


class DeskAdminConfig(apps.AdminConfig):
    default_site = "desk.site.DeskSite"
    default = False
