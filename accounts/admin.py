"""Accounts with addresses that can be written to. allauth shows the secrets of second steps, and
email addresses nobody uses: not on this desk."""

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
class AccountAdmin(DeskAdmin, UserAdmin):
    formfield_overrides = {models.EmailField: {"form_class": MailboxField}}


@admin.register(Group)
class RightsAdmin(DeskAdmin, GroupAdmin):
    pass
