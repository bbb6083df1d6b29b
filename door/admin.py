"""allauth shows the secrets of second steps, and email addresses nobody uses: not on this desk."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from publishing.desk import DeskAdmin

for model in (Authenticator, EmailAddress):
    admin.site.unregister(model)


class PersonAdmin(DeskAdmin, UserAdmin):
    pass


class RightsAdmin(DeskAdmin, GroupAdmin):
    pass


for model, model_admin in ((User, PersonAdmin), (Group, RightsAdmin)):
    admin.site.unregister(model)
    admin.site.register(model, model_admin)
