"""The exception that refuses a picture, and its messages for the person who uploaded it."""

TOO_LONG = "The picture would take too long to read. Save a new copy of it and try again."
TOO_LARGE = "The picture needs more memory than is allowed. Save it smaller and try again."
TOO_MANY_PIXELS = "The picture has more than {} million pixels. Save it smaller{}."
OR_AS_JPEG = ", or as JPEG"
NOT_WRITTEN = (
    "The picture could not be written: the server’s disk may be full, or the place where pictures"
    " are kept out of reach. Nothing was saved. Ask whoever looks after the server, then try again."
)


class InvalidPicture(ValueError):
    """A file is not accepted, or cannot be stored now. The message tells its uploader why."""
