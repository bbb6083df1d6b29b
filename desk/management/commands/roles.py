"""Makes the groups Trainer, Assistant and Administrator. Who is in them stays as it is."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.base import BaseCommand

from desk.site import ContentAdmin


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Trainers may do all with the models of a ContentAdmin, assistants what it names."""
        trainer, assistant = set(), set()
        for model in filter(admin.site.is_registered, apps.get_models()):
            model_admin = admin.site.get_model_admin(model)
            if isinstance(model_admin, ContentAdmin):
                models = [model, *(inline.model for inline in model_admin.inlines)]
                types = ContentType.objects.get_for_models(*models).values()
                for permission in Permission.objects.filter(content_type__in=types):
                    trainer.add(permission)
                    if permission.codename.split("_")[0] in model_admin.assistant:
                        assistant.add(permission)
        administrator = set(Permission.objects.all())
        groups = {"Trainer": trainer, "Assistant": assistant, "Administrator": administrator}
        for name, allowed in groups.items():
            Group.objects.get_or_create(name=name)[0].permissions.set(allowed)
