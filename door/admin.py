"""allauth shows the secrets of second steps, and email addresses nobody uses: not on this desk."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

for model in (Authenticator, EmailAddress):
    admin.site.unregister(model)
