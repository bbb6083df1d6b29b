"""The forms readers write in."""

from __future__ import annotations

import unicodedata
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator

from comments.models import WORDS_LIMIT, Comment
from exercises.models import Exercise
from publishing.forms import MailboxField
from publishing.models import Site

TOO_LONG = "This is longer than {:,} characters. Please shorten it."
# Characters that make a text read other than it is written.
OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def readable(text: str) -> None:
    """Refuse what nobody can see or read: control characters, surrogates, direction overrides, and
    the mark that stands where bytes were no text."""
    for character in text:
        if character in "\n\r\t":
            continue
        if character in OVERRIDES | {"\ufffd"} or unicodedata.category(character) in ("Cc", "Cs"):
            raise ValidationError(
                "There is a hidden character in this text that I cannot keep."
                " Type the text here instead of pasting it, please."
            )


class AnswerForm(forms.ModelForm):
    """A favorite, words, a name and an address; a favorite or words alone are enough."""

    # People do not see this field; what fills it in is held.
    subject_line = forms.CharField(required=False, label="Leave this empty", strip=False)

    class Meta:
        model = Comment
        fields = ["favorite", "other_favorite", "words", "name", "email"]
        field_classes = {"email": MailboxField}

    def __init__(self, *args: Any, site: Site | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        kwargs.setdefault("auto_id", "answer-%s")
        super().__init__(*args, **kwargs)
        favorite = cast(forms.ModelChoiceField, self.fields["favorite"])
        favorite.queryset = Exercise.objects.published().only("name", "slug")
        favorite.empty_label = "Choose one, if you like"
        favorite.label = "Your favorite"
        favorite.error_messages["invalid_choice"] = (
            "This exercise is no longer in the library. Choose another, or write it below."
        )
        self._field("other_favorite", "Or another one", "Not in the list? Write it here.", 80)
        self._field("words", "Your words", "Why do you like it? What works for you?", WORDS_LIMIT)
        self._field("name", "Your name", "First name is enough.", 80)
        trainer = (site or Site.current()).trainer
        if "email" in self.fields:
            hint = f"Only to tell you when {trainer} answers. Never shown."
            self._field("email", "Your email (optional)", hint, 254)
            self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["words"].widget.attrs["rows"] = 5
        self.fields["name"].widget.attrs["autocomplete"] = "given-name"
        self.fields["subject_line"].widget.attrs |= {"tabindex": "-1", "autocomplete": "off"}
        for name, field in self.fields.items():
            # The browser would cut the text off at the limit; the page says so instead.
            field.widget.attrs.pop("maxlength", None)
            described = [f"answer-{name}-hint"] if field.help_text else []
            if self.is_bound and name in self.errors:
                described.append(f"answer-{name}-error")
                field.widget.attrs["aria-invalid"] = "true"
            if described:
                field.widget.attrs["aria-describedby"] = " ".join(described)

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        """The fields people see, in order."""
        return [field for field in self if field.name != "subject_line"]

    def _field(self, name: str, label: str, hint: str, limit: int) -> None:
        field = self.fields[name]
        field.label, field.help_text = label, hint
        field.validators.append(readable)
        too_long = TOO_LONG.format(limit)
        field.error_messages["max_length"] = too_long
        for validator in field.validators:
            if isinstance(validator, MaxLengthValidator):
                validator.message = too_long

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said = ("favorite", "other_favorite", "words")
        if not any(cleaned.get(name) for name in said) and not self.errors:
            self.add_error(
                "words", "There is nothing to send yet: choose a favorite or write a few words."
            )
        if cleaned.get("favorite") and cleaned.get("other_favorite"):
            self.add_error(
                "other_favorite", "One favorite, please: choose from the list or write another."
            )
        return cleaned


class EditForm(AnswerForm):
    """What a writer may change afterwards."""

    class Meta(AnswerForm.Meta):
        fields = ["favorite", "other_favorite", "words", "name"]


class ChangeRequestForm(forms.Form):
    """Asking the trainer for a change, when editing is over."""

    change = forms.CharField(
        label="What should be changed?",
        max_length=WORDS_LIMIT,
        validators=[readable],
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Say what should be changed.",
            "max_length": TOO_LONG.format(WORDS_LIMIT),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["change"].widget.attrs.pop("maxlength", None)
