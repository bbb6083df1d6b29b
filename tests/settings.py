"""The site's settings, with a temporary data folder for the tests."""

import os
import tempfile

os.environ.setdefault(
    "SECRET_KEY", "only for the tests, where nothing is worth guarding: 0123456789"
)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="site-tests-")

from config.settings import *  # noqa: F403

# Otherwise each test client would read every static file before its first request.
WHITENOISE_AUTOREFRESH = True
