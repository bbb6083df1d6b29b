"""Form fields for any app."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from web import mailboxes


class MailboxField(forms.EmailField):
    """Accepts an email address that the site can send to, and normalizes it for storage."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        if text in self.empty_values or len(text) > (self.max_length or mailboxes.MAX_LENGTH):
            return text  # the field's own validators report the error
        address = mailboxes.clean(text)
        if "." not in address.rpartition("@")[2]:  # a local mailbox, like root@localhost
            raise ValidationError(mailboxes.INVALID)
        return address
