"""Makes the groups that say who may do what at the desk. Whom they hold is not touched."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand

from desk.site import ContentAdmin


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """What an assistant may do stands at each ContentAdmin; a trainer may do all with these."""
        trainer, assistant = set(), set()
        for model, desk in admin.site._registry.items():
            if isinstance(desk, ContentAdmin):
                kinds = [model, *(inline.model for inline in desk.inlines)]
                for permission in permissions_of(kinds):
                    trainer.add(permission)
                    if permission.codename.split("_")[0] in desk.assistant:
                        assistant.add(permission)
        for name, allowed in {
            "Trainer": trainer,
            "Assistant": assistant,
            "Administrator": Permission.objects.all(),
        }.items():
            Group.objects.get_or_create(name=name)[0].permissions.set(allowed)


def permissions_of(models: list[Any]) -> Iterator[Permission]:
    for model in models:
        yield from Permission.objects.filter(
            content_type__app_label=model._meta.app_label,
            content_type__model=model._meta.model_name,
        )
