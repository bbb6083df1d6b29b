from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PageCacheConfig(AppConfig):
    name = "pagecache"

    def ready(self) -> None:
        """Registers the search entries of all apps and connects the signals that refresh them."""
        from pagecache import edition

        autodiscover_modules("search_entries")
        edition.connect()
