import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from pagecache.wsgi import front  # noqa: E402  needs the rooms to be set up
from web.handler import Handler  # noqa: E402

application = front(Handler())
