"""Admin forms for pictures: one for the text alternative alone, one for all fields."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from pictures import files
from pictures.models import Picture
from pictures.usage import texts_that_embed
from pictures.worker.codec.errors import InvalidPicture

WORDS_HELP = (
    "What would you say on the phone? “A woman lies with her shoulders on a bench and lifts her"
    " hips.” Read aloud to people who cannot see it."
)


class WordsForm(forms.ModelForm):
    """Edits a picture's text alternative, which is required unless the picture is decorative."""

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
    """Edits a picture and its file. Validation decodes the file; save() stores it."""

    write_error: InvalidPicture | None = None  # set if the same data could not be stored
    file = forms.FileField(
        label="Picture file",
        required=False,
        help_text="JPEG, PNG, WebP, AVIF or HEIC, up to 20 MB. Where it was taken and with which"
        " camera is removed.",
        widget=forms.FileInput(attrs={"accept": "image/*,.heic,.heif"}),
    )

    class Meta(WordsForm.Meta):
        fields = ["text_alternative", "decorative", "name", "caption", "credit", "licence"]
        fields += ["focal_x", "focal_y"]
        labels = {"licence": "License", "focal_x": "% from the left", "focal_y": "% from the top"}
        help_texts = WordsForm.Meta.help_texts | {
            "licence": "What others may do with it: CC BY 4.0, all rights reserved."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.saved_focus = self.instance.focus
        if self.instance.pk:
            self.fields["file"].label = "Another file in its place"

    def clean_file(self) -> UploadedFile | None:
        file = self.cleaned_data["file"]
        if not file and not self.instance.pk:
            raise forms.ValidationError("Choose a picture file.")
        if file and not self.write_error:
            try:
                files.validate_upload(file)
            except InvalidPicture as error:
                raise forms.ValidationError(str(error)) from error
            file.seek(0)
        return file

    def clean_name(self) -> str:
        name = self.cleaned_data["name"] or self.instance.name
        is_renamed = self.instance.pk and name != self.instance.name
        if is_renamed and (texts := texts_that_embed(self.instance)):
            raise forms.ValidationError(
                f"“{texts[0]}” places the picture by this name. Change its line there first."
            )
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.write_error:
            self.add_error("file" if cleaned.get("file") else "focal_x", str(self.write_error))
        return cleaned

    def save(self, commit: bool = True) -> Picture:
        """Stores the files, then the row. Raises InvalidPicture if the files cannot be stored. If
        the caller's transaction fails later, the caller has to call delete_stored_files()."""
        if not commit:
            return super().save(commit=False)
        self.delete_stored_files = self._store_files()
        try:
            return super().save()
        except BaseException:
            self.delete_stored_files()
            raise

    def _store_files(self) -> Callable[[], None]:
        """Stores a new file, or the crop for a new focal point. Returns a function to undo it."""
        picture, file = self.instance, self.cleaned_data["file"]
        if file:
            picture.name = picture.name or Picture.free_name(file.name)
            stored = files.store_upload(file, picture.focus)
            for name, value in stored._asdict().items():
                setattr(picture, name, value)
            return partial(files.delete_files, picture.token)
        if picture.focus == self.saved_focus:
            return lambda: None
        files.store_wide_crop(picture.stored, picture.focus)
        return partial(files.delete_wide_crop, picture.token, picture.focus)
