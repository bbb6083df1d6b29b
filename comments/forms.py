"""The forms that readers fill in, and the trainer's reply."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator

from comments.cleaning import clean, one_line, text_error
from comments.models import MAX_WORDS_LENGTH, Comment
from exercises.models import Exercise
from publishing.models import Site
from web.fields import MailboxField

TOO_LONG = "This is longer than {:,} characters. Please shorten it."
HIDDEN_IN_EMAIL = "There is a hidden character in this address. Type it here, please."


class WordsField(forms.CharField):
    """A multi-line text, cleaned before its code points are counted."""

    clean_text = staticmethod(clean)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if error := text_error(text):
            raise ValidationError(error)
        return self.clean_text(text).strip()

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Omits maxlength: browsers count UTF-16 units, and they truncate pasted text silently."""
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class LineField(WordsField):
    """A one-line text, cleaned like WordsField."""

    clean_text = staticmethod(one_line)


def validate_visible(address: str) -> None:
    """Refuses an email address with invisible characters."""
    if text_error(address) or one_line(address) != address:
        raise ValidationError(HIDDEN_IN_EMAIL)


TEXT_FIELD_CLASSES = {"name": LineField, "other_favorite": LineField, "words": WordsField}


class AnswerForm(forms.ModelForm):
    """A favorite, words, a name and an address. Either a favorite or words are required."""

    # A honeypot: people do not see this field, and a comment that fills it in is held.
    subject_line = forms.CharField(required=False, label="Leave this empty", strip=False)

    class Meta:
        model = Comment
        fields = ["favorite", "other_favorite", "words", "name", "email"]
        field_classes = TEXT_FIELD_CLASSES | {"email": MailboxField}

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
        self._field(
            "words", "Your words", "Why do you like it? What works for you?", MAX_WORDS_LENGTH
        )
        self._field("name", "Your name", "First name is enough.", 80)
        trainer = (site or Site.current()).trainer
        if "email" in self.fields:
            hint = f"Only to email you when {trainer} answers. Never shown."
            self._field("email", "Your email (optional)", hint, 254)
            self.fields["email"].widget.attrs["autocomplete"] = "email"
            self.fields["email"].widget.attrs.pop("maxlength", None)
            self.fields["email"].validators.append(validate_visible)
        self.fields["words"].widget.attrs["rows"] = 5
        self.fields["name"].widget.attrs["autocomplete"] = "given-name"
        self.fields["subject_line"].widget.attrs |= {"tabindex": "-1", "autocomplete": "off"}
        self._describe_fields()

    def _describe_fields(self) -> None:
        """Points each field to its hint and its error, for screen readers."""
        for name, field in self.fields.items():
            ids = [f"answer-{name}-hint"] if field.help_text else []
            if self.is_bound and name in self.errors:
                ids.append(f"answer-{name}-error")
                field.widget.attrs["aria-invalid"] = "true"
            if ids:
                field.widget.attrs["aria-describedby"] = " ".join(ids)

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        """The fields that people see."""
        return [field for field in self if field.name != "subject_line"]

    def _field(self, name: str, label: str, hint: str, limit: int) -> None:
        field = self.fields[name]
        field.label, field.help_text = label, hint
        too_long = TOO_LONG.format(limit)
        field.error_messages["max_length"] = too_long
        for validator in field.validators:
            if isinstance(validator, MaxLengthValidator):
                validator.message = too_long

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        content = ("favorite", "other_favorite", "words")
        if not any(cleaned.get(name) for name in content) and not self.errors:
            self.add_error(
                "words", "There is nothing to send yet: choose a favorite or write a few words."
            )
        if cleaned.get("favorite") and cleaned.get("other_favorite"):
            self.add_error(
                "other_favorite", "One favorite, please: choose from the list or write another."
            )
        return cleaned


class EditForm(AnswerForm):
    """What a writer may change afterward."""

    class Meta(AnswerForm.Meta):
        fields = ["favorite", "other_favorite", "words", "name"]


class ChangeRequestForm(forms.Form):
    """Asks the trainer for a change when its writer may no longer edit."""

    change = WordsField(
        label="What should be changed?",
        max_length=MAX_WORDS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Say what should be changed.",
            "max_length": TOO_LONG.format(MAX_WORDS_LENGTH),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class ReplyForm(forms.Form):
    """The trainer's reply, typed below the comment."""

    words = WordsField(
        max_length=MAX_WORDS_LENGTH,
        error_messages={"max_length": TOO_LONG.format(MAX_WORDS_LENGTH)},
    )
