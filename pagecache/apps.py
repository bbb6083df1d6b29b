from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PageCacheConfig(AppConfig):
    name = "pagecache"

    def ready(self) -> None:
        """Let each room say what of it can be searched, then keep it right."""
        from pagecache import edition

        autodiscover_modules("search_entries")
        edition.connect()
