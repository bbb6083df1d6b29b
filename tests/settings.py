"""The site's settings for the tests: everything in a temporary folder."""

import os
import tempfile

os.environ.setdefault(
    "SECRET_KEY", "only for the tests, where nothing is worth guarding: 0123456789"
)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="site-tests-")

from config.settings import *  # noqa: F403

# Each test client would otherwise look at every static file before its first request.
WHITENOISE_AUTOREFRESH = True
