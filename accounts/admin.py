"""The admin of users and groups. allauth's models are not registered, because they would show the
secrets of second factors, and email addresses that the site does not use."""

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
