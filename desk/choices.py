"""The choice of one row among thousands: found by typing, instead of a select that lists them all.

An admin of the desk names such foreign keys in `autocomplete_fields`; the admin of the rows to
choose from says what they are called (ContentAdmin.choice_label()).
"""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model
from django.forms.widgets import Media, Script
from django.http import HttpRequest
from django.urls import reverse

from web.requests import positive_int

SCRIPTS: Any = [Script("desk/find-select.js", type="module")]
NOT_FOUND = (
    "Nothing or more than one thing is called “%(value)s”. Type its name as the list shows it, or"
    " the number in its address."
)


class FindSelect(AutocompleteSelect):
    """Django's select that searches while one types. Without JavaScript it only has the row that is
    chosen, so the page then shows a field for another one's name or number, and a link to their
    list. A number alone says nothing, and a page of search results would lose what was typed."""

    template_name = "admin/find_select.html"

    @property
    def media(self) -> Media:
        return super().media + Media(js=SCRIPTS)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        opts = self.field.remote_field.model._meta
        context["things"] = opts.verbose_name_plural
        context["list_url"] = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        context["typed"] = "" if positive_int(str(value)) else value or ""
        return context

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """Leaves out what is no id, for which Django's would raise ValueError."""
        return super().optgroups(name, [v for v in value if positive_int(v)], attr)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The id of the row, or what was typed instead if it is not the name of exactly one."""
        typed = data.get(f"{name}-named", "").strip()
        return self._find(typed) if typed else super().value_from_datadict(data, files, name)

    def _find(self, typed: str) -> str:
        rows = self.field.remote_field.model
        name = self.admin_site.get_model_admin(rows).search_fields[0]
        found = rows._default_manager.filter(**{f"{name}__iexact": typed})[:2]
        return str(found[0].pk) if len(found) == 1 else typed


class FindView(AutocompleteJsonView):
    """Answers what is typed into a FindSelect."""

    admin_site: Any
    model_admin: Any

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        """True for who may fill in the form that has the select, as for any other select."""
        model = self.source_field.model
        if not self.admin_site.is_registered(model):
            return False
        form = self.admin_site.get_model_admin(model)
        may_fill_in = form.has_change_permission(request) or form.has_add_permission(request)
        return may_fill_in and self.source_field.name in form.autocomplete_fields

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        return {"id": str(obj.pk), "text": self.model_admin.choice_label(obj)}
