"""The desk's forms for pictures: their words, and the whole record with its file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from pictures import encoding
from pictures.models import Picture
from pictures.usage import texts_that_place

WORDS_HELP = (
    "What would you say on the phone? “A woman lies with her shoulders on a bench and lifts her"
    " hips.” Read aloud to people who cannot see it."
)


class WordsForm(forms.ModelForm):
    """A picture in words, or said to be decorative."""

    class Meta:
        model = Picture
        fields = ["text_alternative", "decorative"]
        help_texts = {"text_alternative": WORDS_HELP}
        widgets = {"text_alternative": forms.Textarea(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("decorative") and not cleaned.get("text_alternative", "").strip():
            self.add_error(
                "text_alternative", "Say the picture in words, or tick that it is decorative."
            )
        return cleaned


class PictureForm(WordsForm):
    file = forms.FileField(
        label="Picture file",
        required=False,
        help_text="JPEG, PNG, WebP, AVIF or HEIC, up to 20 MB. Where it was taken and with which"
        " camera is removed.",
        widget=forms.FileInput(attrs={"accept": "image/*,.heic,.heif"}),
    )

    class Meta(WordsForm.Meta):
        fields = [
            *WordsForm.Meta.fields,
            *("name", "caption", "credit", "licence", "focal_x", "focal_y"),
        ]
        labels = {
            "licence": "License",
            "focal_x": "% from the left",
            "focal_y": "% from the top",
        }
        help_texts = WordsForm.Meta.help_texts | {
            "licence": "What others may do with it: CC BY 4.0, all rights reserved."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["file"].label = "Another file in its place"

    def clean_file(self) -> UploadedFile | None:
        file = self.cleaned_data["file"]
        if not file and not self.instance.pk:
            raise forms.ValidationError("Choose a picture file.")
        return file

    def clean_name(self) -> str:
        name = self.cleaned_data["name"] or self.instance.name
        if self.instance.pk and name != self.instance.name:
            texts = texts_that_place(self.instance)
            if texts:
                raise forms.ValidationError(
                    f"“{texts[0]}” places the picture by this name. Change its line there first."
                )
        return name

    def full_clean(self) -> None:
        """Writes the files last, when nothing else is wrong, and inside the save's transaction: a
        refusal stands beside its field, and a save that fails takes the files with it."""
        focus = self.instance.focus
        super().full_clean()
        if not self.is_bound:
            return
        picture, file = self.instance, self.cleaned_data.get("file")
        try:
            if file and self.errors:
                encoding.check(file)  # so that all mistakes are told at once
            elif file:
                stored = encoding.take_in(file, picture.focus)
                for name, value in stored._asdict().items():
                    setattr(picture, name, value)
                picture.name = picture.name or Picture.free_name(file.name)
            elif not self.errors and picture.focus != focus:
                encoding.cut_anew(picture.stored, picture.focus)
        except encoding.Refused as refused:
            self.add_error("file" if file else "focal_x", str(refused))
