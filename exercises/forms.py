"""The forms and formsets of exercises and variations, with their rows and doses."""

from typing import Any, get_args

from django import forms

from exercises import safety
from exercises.amounts import Measure, parse
from exercises.check import NO_DOSE, NO_STEPS, NO_VARIATION
from exercises.models import Amount, Prescription, Variation
from exercises.models.numbered import renumber
from exercises.models.prescription import ONE_OF_TWO
from exercises.models.variation import LEVEL_NEEDED
from figures import figure
from writing import check
from writing.check import Finding
from writing.forms import DraftRows, EditorForm

MOST_ASKED = 10  # items of a list of what asks first
LONGEST_ASKED = 80  # characters of an item
NOT_A_VIDEO = "Copy the address of the video from your browser. It begins with https://."


class ApprovedForm(EditorForm):
    """The form of a row that the trainer approves, with its list of what to ask a doctor about."""

    approved = forms.BooleanField(
        label="Read and approved",
        required=False,
        help_text="You have read all of it and stand by it. Until then readers are told “A common"
        " starting point” beside the dose, and “Reviewed by …” with the date after.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["approved"] = bool(self.instance.approved_at)

    def clean_ask_first(self) -> str:
        items = safety.items(self.cleaned_data["ask_first"])
        if len(items) > MOST_ASKED:
            raise forms.ValidationError(
                f"These are {len(items)}. Choose the {MOST_ASKED} that matter most: a longer list"
                " is not read."
            )
        for item in items:
            if len(item) > LONGEST_ASKED:
                raise forms.ValidationError(
                    f"“{item[:30]}…” is long. Say it in at most {LONGEST_ASKED} characters, one"
                    " thing a line."
                )
        return "\n".join(items)


class ExerciseForm(ApprovedForm):
    approved_with_variations = forms.BooleanField(
        label="Read and approved with all its variations",
        required=False,
        help_text="Approves the exercise and each of its variations today.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("approved_with_variations"):
            cleaned["approved"] = True
        return cleaned


class DrawingSelect(forms.RadioSelect):
    """A radio select that shows the start and end pose of each drawing."""

    template_name = "admin/drawing_sheet.html"
    option_template_name = "admin/drawing_option.html"

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value:
            drawing = figure.load(value)
            option["poses"] = [
                figure.svg(drawing, which, label=which, uid=f"{value}-{which}")
                for which in get_args(figure.PoseName)
            ]
        return option


class VariationForm(ApprovedForm):
    class Meta:
        widgets = {"drawing": DrawingSelect}
        error_messages = {"video_url": {"invalid": NOT_A_VIDEO}}

    def clean_alternative(self) -> Variation | None:
        # The constraint says the same, but Django does not check it, as the form has no `id`.
        alternative = self.cleaned_data["alternative"]
        if alternative and alternative == self.instance:
            raise forms.ValidationError("Choose another variation than this one.")
        return alternative

    def clean_video_url(self) -> str:
        url = self.cleaned_data["video_url"]
        if url and not url.startswith(("https://", "http://")):
            raise forms.ValidationError(NOT_A_VIDEO)
        return url

    def clean(self) -> dict[str, Any]:
        """Asks for the level beside its field; the constraint would do so above the form."""
        cleaned = super().clean() or {}
        if cleaned.get("published_at") and cleaned.get("level") == "":
            self.add_error("level", LEVEL_NEEDED)
        return cleaned


class AmountField(forms.CharField):
    """A text field for a number, a range or "as many as you can". Its value is an Amount, or None
    if it is empty."""

    def __init__(self, measure: Measure, **kwargs: Any) -> None:
        attrs = {"size": 10, "aria-label": measure.capitalize()}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)
        self.measure = measure

    def to_python(self, value: Any) -> Any:
        typed = super().to_python(value)
        return parse(typed, self.measure) if typed else None


class PrescriptionForm(forms.ModelForm):
    sets = AmountField("sets", help_text="A number or a range: 3, 2–3")
    repetitions = AmountField(
        "repetitions", required=False, help_text="10, 5–8, or as many as you can"
    )
    seconds = AmountField(
        "seconds", required=False, help_text="Instead of repetitions: 30, 20–30, as long as you can"
    )

    class Meta:
        model = Prescription
        fields = [
            *("sets", "repetitions", "seconds", "per_side", "hold_seconds", "hold_where"),
            *("rest_seconds", "tempo", "load"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            timed = self.instance.is_timed
            self.initial["sets"] = self.instance.set_count
            self.initial["seconds" if timed else "repetitions"] = self.instance.amount

    def clean(self) -> None:
        """Spreads the amounts over the columns that hold them."""
        super().clean()
        if self.cleaned_data.get("repetitions") and self.cleaned_data.get("seconds"):
            self.add_error("seconds", ONE_OF_TWO)
        typed = {
            name: self.cleaned_data[name]
            for name in ("sets", "repetitions", "seconds")
            if name in self.cleaned_data
        }
        for name, amount in typed.items():
            self.cleaned_data[name], high = amount or (None, None)
            setattr(self.instance, f"{name}_to", high)
        is_maximum = (name for name, amount in typed.items() if amount == Amount())
        self.instance.maximum = next(is_maximum, "")

    def _get_validation_exclusions(self) -> set[str]:
        """Leaves in the columns without a field of their own. Django skips every constraint that
        concerns an excluded one."""
        columns = {"sets_to", "repetitions_to", "seconds_to", "maximum"}
        return super()._get_validation_exclusions() - columns  # type: ignore[misc]


class NamedRows(DraftRows):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = "Delete"

    def kept_forms(self) -> list[Any]:
        """The forms that have a row once the formset is saved."""
        kept = [form for form in self.forms if form.instance.pk or form.has_changed()]
        return [form for form in kept if not getattr(form, "cleaned_data", {}).get("DELETE")]


class NumberedRows(NamedRows):
    """Numbers its rows 1, 2, 3 … in the order of the typed numbers. Rows with the same number keep
    their order, and rows without one come last."""

    def save(self, commit: bool = True) -> Any:
        rows = [form.instance for form in self.kept_forms()]
        rows.sort(key=lambda row: (row.position is None, row.position or 0))
        saved = super().save(commit)
        renumber(rows)
        return saved


class NeededRows(NamedRows):
    """Rows without which the row that they belong to must not go live (see check.blocking())."""

    stop: Finding

    def clean(self) -> None:
        super().clean()
        row = self.instance
        if check.goes_live(row) and not self.suffice() and self.stop not in check.known_stops(row):
            raise forms.ValidationError(self.stop.sentence)

    def suffice(self) -> bool:
        return bool(self.kept_forms())


class StepRows(NumberedRows, NeededRows):
    stop = NO_STEPS


class PrescriptionRows(NeededRows):
    stop = NO_DOSE


class LadderRows(NumberedRows, NeededRows):
    stop = NO_VARIATION

    def suffice(self) -> bool:
        kept = [form.instance.pk for form in self.kept_forms()]
        return Variation.objects.filter(pk__in=kept).ready().exists()
