"""Users and groups in the admin, with addresses that emails can reach. allauth's own models show
the secrets of second factors, and email addresses nobody uses; they are not listed."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import models

from desk.site import DeskAdmin
from web.fields import MailboxField

for model in (Authenticator, EmailAddress, User, Group):
    admin.site.unregister(model)


@admin.register(User)
class DeskUserAdmin(DeskAdmin, UserAdmin):
    formfield_overrides = {models.EmailField: {"form_class": MailboxField}}


@admin.register(Group)
class DeskGroupAdmin(DeskAdmin, GroupAdmin): ...
