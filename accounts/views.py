"""Signing in with a password or passkey and a second factor, and the pages to set these up.

If a form is submitted after the session ended, each step of signing in passes its fields on in the
POST parameter `kept`; a button after the last step submits them again. The server stores nothing
for people who are not signed in.
"""

from typing import Any
from urllib.parse import parse_qsl

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_POST

from accounts import devices, throttle
from accounts.allauth_internals import log_in, passkey_creation_options
from accounts.forms import ForgottenPasswordForm, PasswordChangeForm
from accounts.models import Device

CHALLENGE_LIFETIME = 600  # seconds


class AdminPageMixin:
    """A form view in the admin's layout. Responds to throttled attempts with 429."""

    title = ""
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        get, post = self.request.GET, self.request.POST
        passed_on = {"next": post.get("next", get.get("next", "")), "kept": post.get("kept", "")}
        layout = {**admin.site.each_context(self.request), "title": self.title}
        return layout | passed_on | super().get_context_data(**kwargs)  # type: ignore[misc]

    def form_invalid(self, form: Any) -> HttpResponse:
        return throttle.mark_throttled(super().form_invalid(form), form)  # type: ignore[misc]


class SignedInMixin(LoginRequiredMixin, AdminPageMixin):
    """For signed-in people only: allauth would store others' requests, to resume them later."""


class SignIn(AdminPageMixin, auth.LoginView):
    title = "Log in"
    template_name = "admin/login.html"
    authentication_form = AdminAuthenticationForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if admin.site.has_permission(request):
            return HttpResponseRedirect(self.get_success_url())  # redirect() takes names of views
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {"app_path": reverse("account_login"), "username": self.request.user.get_username()}
        return super().get_context_data(**kwargs) | more

    def form_valid(self, form: Any) -> HttpResponse:
        user, url = form.get_user(), self.get_success_url()
        return next_step(self.request, log_in(self.request, user, url, typed_password=True))


class SecondFactor(AdminPageMixin, AuthenticateView):
    title = "Second step"
    template_name = "accounts/step.html"

    def form_valid(self, form: Any) -> HttpResponse:
        return next_step(self.request, super().form_valid(form))


class PasskeySignIn(LoginWebAuthnView):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Returns the challenge that a passkey has to sign. Even anonymous requests store it in a
        session, so these sessions expire soon, and each request deletes the expired ones."""
        response = super().get(request, *args, **kwargs)
        if request.session.modified:
            request.session.set_expiry(CHALLENGE_LIFETIME)
            request.session.clear_expired()
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        return next_step(self.request, super().form_valid(form))

    def form_invalid(self, form: Any) -> HttpResponse:
        """Shows the sign-in page again with an error message, keeping `next` and `kept`."""
        super().form_invalid(form)  # adds its error message
        return show_step(SignIn, self.request)


class RequestPasswordReset(auth.PasswordResetView):
    """Emails a link to choose a new password. Requests are throttled, so that nobody can flood a
    mailbox. Requests from a known device are counted separately."""

    form_class = ForgottenPasswordForm
    success_url = reverse_lazy("password_sent")

    def form_valid(self, form: Any) -> HttpResponse:
        form.request = self.request
        account = f"letter to {form.cleaned_data['email']}"
        try:
            throttle.begin(self.request, account, device_key=form.known_device_key())
        except throttle.Throttled as error:
            form.add_error("email", error)
            return throttle.mark_throttled(self.form_invalid(form), form)
        return super().form_valid(form)


class ChoosePassword(auth.PasswordResetConfirmView):
    """Asks for a new password (an email links here), then for the second factor if there is one."""

    success_url = reverse_lazy("admin:index")

    def form_valid(self, form: Any) -> HttpResponse:
        super().form_valid(form)
        return log_in(self.request, form.user, self.get_success_url(), typed_password=False)


class ChangePassword(AdminPageMixin, auth.PasswordChangeView):
    title = "Change password"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("admin:password_change_done")


def next_step(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Returns `response`, the redirect after a step of signing in, unless the POST parameter `kept`
    contains a form. Then returns a page that passes the form on: the second factor, or, after the
    last step, a button to submit the form."""
    held_form = request.POST.get("kept", "")
    if not held_form or response.status_code != 302:
        return response
    if response["Location"] == reverse("mfa_authenticate"):
        return show_step(SecondFactor, request)
    context = {**admin.site.each_context(request), "title": "You are signed in again"}
    context |= {"address": response["Location"], "fields": parse_qsl(held_form, True)}
    return TemplateResponse(request, "admin/send_again.html", context)


def show_step(view: Any, request: HttpRequest) -> HttpResponse:
    """Responds to a POST with another step's form: a redirect would lose what is passed on."""
    request.method = "GET"
    return view.as_view()(request)


class Overview(AdminPageMixin, IndexView):
    title = "Signing in"
    template_name = "accounts/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        signed_in = Device.objects.with_session().filter(user=self.request.user.pk)
        more = {"devices": signed_in, "this_device": devices.current(self.request)}
        return super().get_context_data(**kwargs) | more


class Reauthenticate(AdminPageMixin, ReauthenticateView):
    title = "Your password, once more"
    template_name = "accounts/reauthenticate.html"


class ReauthenticateByPasskey(AdminPageMixin, ReauthenticateWebAuthnView):
    title = "Your passkey, once more"
    template_name = "accounts/reauthenticate_passkey.html"


class AddApp(SignedInMixin, ActivateTOTPView):
    title = "Codes from your phone"
    template_name = "accounts/add_app.html"


class RemoveApp(SignedInMixin, DeactivateTOTPView):
    title = "Ask for no more codes"
    template_name = "accounts/remove.html"


class AddPasskey(SignedInMixin, AddWebAuthnView):
    title = "Add a passkey"
    template_name = "accounts/add_passkey.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)  # its challenge is replaced below
        options = passkey_creation_options(self.request.user)
        return context | {"js_data": {"creation_options": options}}


class RemovePasskey(SignedInMixin, RemoveWebAuthnView):
    title = "Remove a passkey"
    template_name = "accounts/remove.html"
    success_url = reverse_lazy("mfa_index")


class RecoveryCodes(SignedInMixin, ViewRecoveryCodesView):
    title = "Your recovery codes"
    template_name = "accounts/codes.html"


class ReplaceCodes(SignedInMixin, GenerateRecoveryCodesView):
    title = "New recovery codes"
    template_name = "accounts/new_codes.html"


@require_POST
@login_required
def sign_out_device(request: HttpRequest, pk: int) -> HttpResponse:
    """Signs out and deletes one of the user's devices. Its next sign-in counts as a new device."""
    get_object_or_404(Device, pk=pk, user_id=request.user.pk).delete()
    return redirect("mfa_index")
