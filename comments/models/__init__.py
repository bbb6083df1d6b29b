"""The models of comments. Other modules import them from here."""

from comments.models.comment import (
    COMMENTS_PER_PAGE,
    MAX_WORDS_LENGTH,
    UNDO_FOR,
    Comment,
    CommentQuerySet,
    exercise_exists,
    own_comment_signer,
)
from comments.models.favorites import (
    MIN_TALLY_ANSWERS,
    Favorite,
    FavoriteCount,
    LatestFavorite,
)
from comments.models.judgement import Block, Event, Report, WordCount
from comments.models.readers import Address, LastVisit
