from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from publishing import pictures
from publishing.desk import ContentAdmin, Sentence, morning
from publishing.models import Picture, Site, Subject
from publishing.views import free_name


class PictureForm(forms.ModelForm):
    """Takes the file in while the form is checked, so that a refusal stands beside its field."""

    file = forms.FileField(
        label="Picture file", required=False, help_text="JPEG, PNG, WebP or AVIF, up to 20 MB."
    )

    class Meta:
        model = Picture
        fields = [
            "name",
            "text_alternative",
            "decorative",
            "caption",
            "credit",
            "licence",
            "focal_x",
            "focal_y",
        ]

    def clean_file(self) -> UploadedFile | None:
        file = self.cleaned_data["file"]
        if file:
            try:
                self.image = pictures.decode(file)
            except pictures.Refused as refused:
                raise forms.ValidationError(str(refused)) from None
        elif not self.instance.pk:
            raise forms.ValidationError("Choose a picture file.")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("decorative") and not cleaned.get("text_alternative", "").strip():
            self.add_error(
                "text_alternative", "Say the picture in words, or tick that it is decorative."
            )
        return cleaned

    def save(self, commit: bool = True) -> Picture:
        picture = super().save(commit=False)
        if self.cleaned_data.get("file"):
            old = picture.token
            for name, value in pictures.store(self.image)._asdict().items():
                setattr(picture, name, value)
            self.replaced = old
            picture.name = picture.name or free_name(self.cleaned_data["file"].name)
        if commit:
            picture.save()
        return picture


@admin.register(Picture)
class PictureAdmin(ContentAdmin):
    desk_order = 4
    assistant = ("view", "add", "change")
    form = PictureForm
    list_display = ["thumbnail", "name", "in_words"]
    list_display_links = ["thumbnail", "name"]
    search_fields = ["name", "text_alternative", "caption", "credit"]
    readonly_fields = ["thumbnail"]
    fieldsets = [
        (None, {"fields": ["thumbnail", "file", "text_alternative", "decorative", "name"]}),
        ("Caption and rights", {"fields": ["caption", "credit", "licence"]}),
        ("Focal point", {"fields": ["focal_x", "focal_y"], "classes": ["collapse"]}),
    ]

    @admin.display(description="picture")
    def thumbnail(self, picture: Picture) -> SafeString | str:
        if not picture.token:
            return "Nothing yet"
        return format_html(
            '<img class="thumbnail" src="{}" alt="{}" width="160">',
            picture.url(picture.widths[0], picture.kind),
            picture.text_alternative,
        )

    @admin.display(description="in words", boolean=True)
    def in_words(self, picture: Picture) -> bool:
        return picture.has_words

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if getattr(form, "replaced", ""):
            pictures.remove(form.replaced)

    def delete_model(self, request: HttpRequest, obj: Picture) -> None:
        super().delete_model(request, obj)
        pictures.remove(obj.token)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        tokens = [picture.token for picture in queryset]
        super().delete_queryset(request, queryset)
        for token in tokens:
            pictures.remove(token)


@morning
def pictures_without_words(request: HttpRequest) -> Iterator[Sentence]:
    mute = Picture.objects.filter(text_alternative="", decorative=False).count()
    if mute and request.user.has_perm("publishing.change_picture"):
        which = "One picture has" if mute == 1 else f"{mute} pictures have"
        address = reverse("admin:publishing_picture_changelist")
        query = "?text_alternative__exact=&decorative__exact=0"
        yield Sentence(50, format_html('<a href="{}">{} no words yet.</a>', address + query, which))


@admin.register(Subject)
class SubjectAdmin(ContentAdmin):
    desk_order = 60
    list_display = ["name", "sentence", "position"]
    list_editable = ["position"]
    search_fields = ["name", "other_names"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Site)
class SiteAdmin(ContentAdmin):
    desk_order = 90

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
