"""The way in: password or passkey, the second step, and the page where she sets them up.

What she sent while signed out (`kept`) goes along through every step: nothing is stored for a
person who is not signed in.
"""

from typing import Any
from urllib.parse import parse_qsl

from allauth.account.internal.flows.login import perform_login, perform_password_login
from allauth.account.models import Login
from allauth.account.views import ReauthenticateView
from allauth.core.internal.httpkit import authenticated_user
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
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
from accounts.forms import ForgottenPasswordForm, PasswordChangeForm
from accounts.models import Device

OVERVIEW = reverse_lazy("mfa_index")
CHALLENGE_LIVES = 600  # seconds


class OnDesk:
    """A page with the desk's head and a title of its own; 429 when a try has to wait."""

    title = ""
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        get, post = self.request.GET, self.request.POST
        sent = {"next": post.get("next", get.get("next", "")), "kept": post.get("kept", "")}
        head = {**admin.site.each_context(self.request), "title": self.title}
        return head | sent | super().get_context_data(**kwargs)  # type: ignore[misc]

    def form_invalid(self, form: Any) -> HttpResponse:
        return throttle.slowed(super().form_invalid(form), form)  # type: ignore[misc]


class HerOwn(LoginRequiredMixin, OnDesk):
    """For people who are signed in: of others allauth would keep what they sent, to resume it."""


class SignIn(OnDesk, auth.LoginView):
    title = "Log in"
    template_name = "admin/login.html"
    authentication_form = AdminAuthenticationForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if admin.site.has_permission(request):
            return HttpResponseRedirect(self.get_success_url())  # an address, no view's name
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {"app_path": reverse("account_login"), "username": self.request.user.get_username()}
        return super().get_context_data(**kwargs) | more

    def form_valid(self, form: Any) -> HttpResponse:
        login = Login(user=form.get_user(), redirect_url=self.get_success_url())
        return go_on(self.request, perform_password_login(self.request, {}, login))


class SecondStep(OnDesk, AuthenticateView):
    title = "Second step"
    template_name = "accounts/step.html"

    def form_valid(self, form: Any) -> HttpResponse:
        return go_on(self.request, super().form_valid(form))


class PasskeySignIn(LoginWebAuthnView):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What a passkey has to sign is kept in the session of whoever asks, and anybody may: it
        ends soon, and takes those along that have ended."""
        response = super().get(request, *args, **kwargs)
        if request.session.modified:
            request.session.set_expiry(CHALLENGE_LIVES)
            request.session.clear_expired()
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        return go_on(self.request, super().form_valid(form))

    def form_invalid(self, form: Any) -> HttpResponse:
        """Back to the sign-in page, with what was kept."""
        super().form_invalid(form)  # leaves its message
        return shown(SignIn, self.request)


class AskForLetter(auth.PasswordResetView):
    """An email to choose a new password; nobody can fill a mailbox with them, and nobody can use up
    the tries of a device that is known."""

    form_class = ForgottenPasswordForm
    success_url = reverse_lazy("password_sent")

    def form_valid(self, form: Any) -> HttpResponse:
        form.request = self.request
        account = f"letter to {form.cleaned_data['email']}"
        try:
            throttle.begin(self.request, account, device=form.known_device())
        except throttle.Wait as wait:
            form.add_error("email", wait)
            return throttle.slowed(self.form_invalid(form), form)
        return super().form_valid(form)


class ChoosePassword(auth.PasswordResetConfirmView):
    """By the link of a letter; whoever has a second step is asked for it here too."""

    success_url = reverse_lazy("admin:index")

    def form_valid(self, form: Any) -> HttpResponse:
        super().form_valid(form)
        return perform_login(
            self.request, Login(user=self.user, redirect_url=self.get_success_url())
        )


class ChangePassword(OnDesk, auth.PasswordChangeView):
    title = "Change password"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("admin:password_change_done")


def go_on(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """From one step to the next; after the last, what was kept is there to be sent again."""
    kept = request.POST.get("kept", "")
    if not kept or response.status_code != 302:
        return response
    if response["Location"] == reverse("mfa_authenticate"):
        return shown(SecondStep, request)
    context = {**admin.site.each_context(request), "title": "You are signed in again"}
    context |= {"address": response["Location"], "fields": parse_qsl(kept, True)}
    return TemplateResponse(request, "admin/send_again.html", context)


def shown(view: Any, request: HttpRequest) -> HttpResponse:
    """A step's empty page as the answer to a POST: a redirect would lose what was kept."""
    request.method = "GET"
    return view.as_view()(request)


class Overview(OnDesk, IndexView):
    title = "Signing in"
    template_name = "accounts/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = authenticated_user(self.request)
        more = {
            "devices": Device.objects.signed_in().filter(user=user),
            "this_device": devices.current(self.request),
        }
        return super().get_context_data(**kwargs) | more


class Again(OnDesk, ReauthenticateView):
    title = "Your password, once more"
    template_name = "accounts/reauthenticate.html"


class AgainByPasskey(OnDesk, ReauthenticateWebAuthnView):
    title = "Your passkey, once more"
    template_name = "accounts/reauthenticate_passkey.html"


class AddApp(HerOwn, ActivateTOTPView):
    title = "Codes from your phone"
    template_name = "accounts/add_app.html"


class RemoveApp(HerOwn, DeactivateTOTPView):
    title = "Ask for no more codes"
    template_name = "accounts/remove.html"


class AddPasskey(HerOwn, AddWebAuthnView):
    title = "Add a passkey"
    template_name = "accounts/add_passkey.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Always one that opens the desk by itself, after a finger, a face or a PIN."""
        context = super().get_context_data(**kwargs)
        options = webauthn.begin_registration(self.request.user, passwordless=True)
        return context | {"js_data": {"creation_options": options}}


class RemovePasskey(HerOwn, RemoveWebAuthnView):
    title = "Remove a passkey"
    template_name = "accounts/remove.html"
    success_url = OVERVIEW


class Codes(HerOwn, ViewRecoveryCodesView):
    title = "Your recovery codes"
    template_name = "accounts/codes.html"


class NewCodes(HerOwn, GenerateRecoveryCodesView):
    title = "New recovery codes"
    template_name = "accounts/new_codes.html"


@require_POST
@login_required
def shut_out(request: HttpRequest, pk: int) -> HttpResponse:
    """End the session of one of her devices; it is forgotten, so that its return is told of."""
    get_object_or_404(Device, pk=pk, user_id=request.user.pk).delete()
    return redirect("mfa_index")
