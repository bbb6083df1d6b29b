"""Form fields for any app."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from web import mailboxes


class MailboxField(forms.EmailField):
    """An address that the site sends email to, normalized as it is stored."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        if text in self.empty_values or len(text) > (self.max_length or mailboxes.MAX_LENGTH):
            return text  # the field's own validators report these
        address = mailboxes.clean(text)
        if "." not in address.rpartition("@")[2]:  # a local mailbox, like root@localhost
            raise ValidationError(mailboxes.INVALID)
        return address
