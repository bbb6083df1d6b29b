"""The form of a prescription, whose amounts are typed as text: "10", "5–8", "max"."""

from typing import Any

from django import forms

from exercises.amounts import Measure, parse
from exercises.models import Amount, Prescription
from exercises.models.prescription import ONE_OF_TWO


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
