import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from pagecache.wsgi import front  # noqa: E402  needs django.setup()
from web.incoming import Handler  # noqa: E402

application = front(Handler())
