"""Makes the groups Trainer, Assistant and Administrator. Who is in them stays as it is."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db.models import Model

from desk.site import ContentAdmin


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """A trainer gets all permissions for the models of ContentAdmin, an assistant those that
        the class names."""
        trainer, assistant = set(), set()
        for model in filter(admin.site.is_registered, apps.get_models()):
            model_admin = admin.site.get_model_admin(model)
            if isinstance(model_admin, ContentAdmin):
                models = [model, *(inline.model for inline in model_admin.inlines)]
                for permission in permissions_of(models):
                    trainer.add(permission)
                    if permission.codename.split("_")[0] in model_admin.assistant:
                        assistant.add(permission)
        for name, allowed in {
            "Trainer": trainer,
            "Assistant": assistant,
            "Administrator": Permission.objects.all(),
        }.items():
            Group.objects.get_or_create(name=name)[0].permissions.set(allowed)


def permissions_of(models: Iterable[type[Model]]) -> Iterator[Permission]:
    for model in models:
        yield from Permission.objects.filter(
            content_type__app_label=model._meta.app_label,
            content_type__model=model._meta.model_name,
        )
