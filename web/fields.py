"""Form fields that any room uses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from web import mailboxes


class MailboxField(forms.EmailField):
    """An address that emails are sent to, as it is stored."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        if text in self.empty_values or len(text) > (self.max_length or mailboxes.LONGEST):
            return text  # the field's own rules tell
        address = mailboxes.clean(text)
        if "." not in address.rpartition("@")[2]:  # on the mail server's own machine
            raise ValidationError(mailboxes.NO_ADDRESS)
        return address
