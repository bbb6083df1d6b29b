"""Readers' words and what comes with them, one file for each job; imported from here."""

from comments.models.comment import (
    UNDO_FOR,
    WORDS_A_PAGE,
    WORDS_LIMIT,
    Comment,
    CommentQuerySet,
    is_in_library,
    own_comment,
)
from comments.models.judgement import Block, Event, Report, WordCount
from comments.models.readers import Address, LastVisit

__all__ = [
    "UNDO_FOR",
    "WORDS_A_PAGE",
    "WORDS_LIMIT",
    "Address",
    "Block",
    "Comment",
    "CommentQuerySet",
    "Event",
    "LastVisit",
    "Report",
    "WordCount",
    "is_in_library",
    "own_comment",
]
