import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from publishing.front import front  # noqa: E402  needs the rooms to be set up

application = front(django)
