import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from pagecache.wsgi import lookup_first  # noqa: E402  needs django.setup()
from web.handler import Handler  # noqa: E402

application = lookup_first(Handler())
