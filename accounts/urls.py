"""URLs for signing in and its settings, below /admin/ to share its limit of request bodies and its
cookie path. allauth needs their names. Its own URLconf would add a sign-up, a second sign-in page,
a list of email addresses, and whatever new releases add."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="account_login"),
    path("password_change/", views.ChangePassword.as_view(), name="change_password"),
    path("sign-in/", views.Overview.as_view(), name="mfa_index"),
    path("sign-in/step/", views.SecondFactor.as_view(), name="mfa_authenticate"),
    path("sign-in/again/", views.Reauthenticate.as_view(), name="account_reauthenticate"),
    path(
        "sign-in/again/passkey/",
        views.ReauthenticateByPasskey.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("sign-in/app/", views.AddApp.as_view(), name="mfa_activate_totp"),
    path("sign-in/app/remove/", views.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("sign-in/passkey/", views.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("sign-in/passkeys/add/", views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path(
        "sign-in/passkeys/<int:pk>/remove/",
        views.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("sign-in/codes/", views.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("sign-in/codes/new/", views.ReplaceCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("sign-in/devices/<int:pk>/out/", views.sign_out_device, name="shut_out_device"),
]
