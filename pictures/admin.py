"""The picture library in the admin."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst

from desk.site import ContentAdmin, Notice, front_page
from pictures import usage
from pictures.forms import PictureForm, WordsForm
from pictures.models import Picture, picture_url
from pictures.worker.codec.errors import InvalidPicture


class WordsFilter(admin.SimpleListFilter):
    title = "words"
    parameter_name = "words"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("missing", "No words yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        missing = Q(decorative=False, text_alternative="")
        return queryset.filter(missing) if self.value() == "missing" else queryset


class UsedFilter(admin.SimpleListFilter):
    title = "use"
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("nowhere", "Used nowhere")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "nowhere":
            return queryset
        return queryset.filter(pk__in=[picture.pk for picture in usage.unused()])


@admin.register(Picture)
class PictureAdmin(ContentAdmin):
    desk_order = 4
    assistant = ("view", "add", "change")
    form = PictureForm
    list_display = ["thumbnail", "name", "in_words", "used_in"]
    list_display_links = ["name"]
    list_filter = [WordsFilter, UsedFilter]
    list_per_page = 40
    search_fields = ["name", "text_alternative", "caption", "credit", "licence"]
    readonly_fields = ["shown", "used_in"]

    class Media:
        css = {"all": ["desk/pictures.css"]}
        js = [forms.Script("desk/focal-point.js", type="module")]

    def get_fieldsets(self, request: HttpRequest, obj: Picture | None = None) -> Any:
        focus = ("focal_x", "focal_y")
        rights = ("Caption and rights", {"fields": ["caption", "credit", "licence"]})
        if obj:
            return [
                (None, {"fields": ["shown", focus, "text_alternative", "decorative"]}),
                rights,
                ("In your texts", {"fields": ["name", "used_in", "file"]}),
            ]
        return [
            (None, {"fields": ["file", "text_alternative", "decorative", "name"]}),
            rights,
            ("What matters most in it", {"fields": [focus], "classes": ["collapse"]}),
        ]

    def choice_label(self, row: Picture) -> str:
        """The picture's name and its words, because a name such as IMG-1234 says nothing."""
        return Truncator(f"{row}: {row.text_alternative}".removesuffix(": ")).chars(60)

    @admin.display(description="picture")
    def thumbnail(self, picture: Picture) -> SafeString:
        crop = picture.wide_crop
        return format_html(  # hidden from screen readers: the name links to the same page
            '<a href="{}" tabindex="-1" aria-hidden="true"><img class="thumbnail" src="{}" alt=""'
            ' width="{}" height="{}" loading="lazy"></a>',
            reverse("admin:publishing_picture_change", args=[picture.pk]),
            picture_url(crop, crop.widths[0], picture.kind),
            crop.width,
            crop.height,
        )

    @admin.display(description="picture")
    def shown(self, picture: Picture) -> str:
        return render_to_string("admin/picture_preview.html", {"picture": picture})

    @admin.display(description="in words")
    def in_words(self, picture: Picture) -> str:
        if picture.decorative:
            return "Decorative"
        return picture.text_alternative or format_html("<strong>{}</strong>", "No words yet")

    @admin.display(description="used in")
    def used_in(self, picture: Picture) -> SafeString | str:
        found = getattr(picture, "uses", None)  # set by get_changelist_instance()
        if found is None:
            found = usage.uses([picture])[picture.pk]
        links = ((_link(use), ", ".join(use.places)) for use in found)
        rows = format_html_join("", "<li>{}: {}</li>", links)
        return format_html('<ul class="uses">{}</ul>', rows) if found else "Used nowhere"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        found = usage.uses(changes.result_list)
        for picture in changes.result_list:
            picture.uses = found[picture.pk]
        return changes

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """If the transaction fails, deletes the files that save_model() stored. If files could not
        be stored, renders the form again with the reason as a field error."""
        committed = False
        try:
            response = super().changeform_view(request, *args, **kwargs)
            committed = response.status_code != 409  # DeskAdmin answers IntegrityError with 409
        except InvalidPicture as error:
            request.write_error = error  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)
        finally:
            form = getattr(request, "saved_picture_form", None)
            if form and not committed:
                form.delete_stored_files()
        return response

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)  # Django makes a new class each time
        form.write_error = getattr(request, "write_error", None)
        return form

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        form.save()
        request.saved_picture_form = form

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Keeps pictures in use from being deleted: adds the rows that use them to `protected`."""
        deleted, count, perms, protected = super().get_deleted_objects(objs, request)
        in_use = [_link(use) for uses in usage.uses(objs).values() for use in uses]
        return deleted, count, perms, [*dict.fromkeys([*protected, *in_use])]

    def get_urls(self) -> list[Any]:
        words = self.admin_site.admin_view(self.words)
        form = path("<int:pk>/words/", words, name="publishing_picture_words")
        return [form, *super().get_urls()]

    def words(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows and saves the text-alternative form, which the editor opens after an upload."""
        picture = get_object_or_404(Picture, pk=pk)
        if not self.has_change_permission(request, picture):
            raise PermissionDenied
        data = request.POST if request.method == "POST" else None
        form = WordsForm(data, instance=picture, label_suffix="")
        if form.is_valid():
            form.save()
            return HttpResponse(status=204)
        return render(request, "admin/picture_words.html", {"form": form, "picture": picture})


def _link(use: usage.Use) -> SafeString:
    """Returns the name of a row that uses a picture, linked to its admin page if it has one."""
    model = use.row._meta
    name = capfirst(f"{model.verbose_name} “{use.row}”")
    if not admin.site.is_registered(type(use.row)):
        return format_html("{}", name)
    url = reverse(f"admin:{model.app_label}_{model.model_name}_change", args=[use.row.pk])
    return format_html('<a href="{}">{}</a>', url, name)


@front_page
def pictures_without_words(request: HttpRequest) -> Iterator[Notice]:
    count = Picture.objects.filter(text_alternative="", decorative=False).count()
    if count and request.user.has_perm("publishing.change_picture"):
        subject = "One picture has" if count == 1 else f"{count} pictures have"
        url = reverse("admin:publishing_picture_changelist") + "?words=missing"
        yield Notice(50, format_html('<a href="{}">{} no words yet.</a>', url, subject))
