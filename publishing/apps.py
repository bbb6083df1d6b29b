from django.contrib.admin import apps


class DeskConfig(apps.AdminConfig):
    """The stock admin with the trainer's own order of things."""

    default_site = "publishing.desk.Desk"
    default = False
