"""The models and helpers that all published rows share. Other apps import them from here."""

from publishing.models.addresses import Addressed, Redirect
from publishing.models.dates import EARLIEST, Day, Moment, within_bounds
from publishing.models.published import (
    Edition,
    PublicModel,
    Published,
    PublishedQuerySet,
    free_name,
    optional_text,
    slug_holds_a_letter,
)
from publishing.models.records import StarterRecord
from publishing.models.site import Site
from publishing.models.subject import Subject, split_names
