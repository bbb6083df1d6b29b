"""The forms for readers' comments, and for the trainer's reply to a comment."""

from functools import cached_property
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from blog.models import Article
from comments.cleaning import clean, one_line, text_error
from comments.models import MAX_WORDS_LENGTH, Comment
from exercises.models import Exercise, Muscle, MuscleWork
from publishing.models import Site
from web.fields import MailboxField
from web.requests import positive_int

TOO_LONG = "This is longer than {:,} characters. Please shorten it."
HIDDEN_IN_EMAIL = "There is a hidden character in this address. Type it here, please."


class WordsField(forms.CharField):
    """A multi-line text. The field cleans the text before it checks max_length."""

    clean_text = staticmethod(clean)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if error := text_error(text):
            raise ValidationError(error)
        return self.clean_text(text).strip()

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Omits maxlength: browsers count UTF-16 units, and silently truncate pasted text."""
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class LineField(WordsField):
    """A one-line text, cleaned like WordsField."""

    clean_text = staticmethod(one_line)


def validate_visible(address: str) -> None:
    """Raises ValidationError if an email address contains invisible characters."""
    if text_error(address) or one_line(address) != address:
        raise ValidationError(HIDDEN_IN_EMAIL)


TEXT_FIELD_CLASSES = {"name": LineField, "other_favorite": LineField, "words": WordsField}


def offered_exercises(article_id: int | None, chosen: int) -> QuerySet[Exercise]:
    """Returns the published exercises that train the muscles of the article's question, else those
    of the site's question, else all. Those that train one as a primary mover come first. The
    exercise with the id `chosen` is among them, or last, if it is published. One query."""
    asking = Muscle.objects.filter(articles_asking=article_id or 0).values("pk")
    marked = Q(in_question=True) & ~Exists(asking)
    muscles = Muscle.objects.filter(marked | Q(pk__in=asking)).values("pk")
    work = MuscleWork.objects.filter(exercise=OuterRef("pk"), muscle__in=muscles).order_by("role")
    exercises = Exercise.objects.published().annotate(role=Subquery(work.values("role")[:1]))
    offered = exercises.filter(Q(role__isnull=False) | Q(pk=chosen) | ~Exists(muscles))
    return offered.order_by(F("role").asc(nulls_last=True), "name")


class AnswerForm(forms.ModelForm):
    """A reader's comment. Either a favorite or words are required.

    The form offers the exercises that the question is about, but accepts every published one: the
    reader may have opened the page before the trainer changed her question.
    """

    # A honeypot: people do not see this field. The spam filter holds a comment if it is filled in.
    subject_line = forms.CharField(
        required=False,
        label="Leave this empty",
        strip=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    class Meta:
        model = Comment
        fields = ["favorite", "other_favorite", "words", "name", "email"]
        field_classes = TEXT_FIELD_CLASSES | {"email": MailboxField}
        labels = {
            "favorite": "Your favorite",
            "other_favorite": "Or another one",
            "words": "Your words",
            "name": "Your name",
            "email": "Your email (optional)",
        }
        help_texts = {
            "other_favorite": "Not in the list? Write it here.",
            "words": "Why do you like it? What works for you?",
            "name": "First name is enough.",
        }
        widgets = {
            "words": forms.Textarea(attrs={"rows": 5}),
            "name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }

    def __init__(
        self, *args: Any, site: Site | None = None, article: Article | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **{"auto_id": "answer-%s", **kwargs})
        self.article_id = article.pk if article else self.instance.article_id
        favorite = cast(forms.ModelChoiceField, self.fields["favorite"])
        favorite.queryset = Exercise.objects.published().only("name", "slug")
        favorite.widget.choices = lambda: self._favorite_choices
        favorite.error_messages["invalid_choice"] = (
            "This exercise is no longer in the library. Choose another, or write it below."
        )
        if email := self.fields.get("email"):
            trainer = (site or Site.current()).trainer
            email.help_text = f"Only to email you when {trainer} answers. Never shown."
            email.widget.attrs.pop("maxlength", None)
            email.validators.append(validate_visible)
        for field in self.fields.values():
            limit = getattr(field, "max_length", None) or MAX_WORDS_LENGTH
            field.error_messages["max_length"] = TOO_LONG.format(limit)
        self._describe_fields()

    @cached_property
    def _favorite_choices(self) -> list[tuple[Any, str]]:
        chosen = positive_int(str(self["favorite"].value() or ""))
        offered = offered_exercises(self.article_id, chosen).values_list("pk", "name")
        return [("", "Choose one, if you like"), *offered]

    def _describe_fields(self) -> None:
        """Sets each field's aria-describedby to the ids of its hint and its error."""
        for name, field in self.fields.items():
            ids = [f"answer-{name}-hint"] if field.help_text else []
            if self.is_bound and name in self.errors:
                ids.append(f"answer-{name}-error")
                field.widget.attrs["aria-invalid"] = "true"
            if ids:
                field.widget.attrs["aria-describedby"] = " ".join(ids)

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        """Returns all fields except the honeypot."""
        return [field for field in self if field.name != "subject_line"]

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
    """The fields of a comment that its writer may edit."""

    class Meta(AnswerForm.Meta):
        fields = ["favorite", "other_favorite", "words", "name"]


class ChangeRequestForm(forms.Form):
    """A writer's request that the trainer change a comment that the writer may no longer edit."""

    change = WordsField(
        label="What should be changed?",
        max_length=MAX_WORDS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Say what should be changed.",
            "max_length": TOO_LONG.format(MAX_WORDS_LENGTH),
        },
    )


class ReplyForm(forms.Form):
    """The trainer's reply to a comment."""

    words = WordsField(
        max_length=MAX_WORDS_LENGTH,
        error_messages={"max_length": TOO_LONG.format(MAX_WORDS_LENGTH)},
    )
