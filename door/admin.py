"""What the desk shows of signing in."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

from door.forms import PasswordChangeForm

admin.site.password_change_form = PasswordChangeForm
# allauth would show the secrets of second steps, and email addresses that nobody uses.
for model in (Authenticator, EmailAddress):
    admin.site.unregister(model)
