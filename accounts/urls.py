"""The addresses of the door, all below /admin/: one place to guard, with the body limit and cookie
path of the desk.

Of allauth's addresses only those in use are mounted, by name, because its code asks for them by
name. No include of its urls: they would open a sign-up, a second sign-in and a list of email
addresses, and each of its releases may bring another.
"""

from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="account_login"),
    path("password_change/", views.ChangePassword.as_view(), name="change_password"),
    path("sign-in/", views.Overview.as_view(), name="mfa_index"),
    path("sign-in/step/", views.SecondStep.as_view(), name="mfa_authenticate"),
    path("sign-in/again/", views.Again.as_view(), name="account_reauthenticate"),
    path(
        "sign-in/again/passkey/",
        views.AgainByPasskey.as_view(),
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
    path("sign-in/codes/", views.Codes.as_view(), name="mfa_view_recovery_codes"),
    path("sign-in/codes/new/", views.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("sign-in/devices/<int:pk>/out/", views.shut_out, name="shut_out_device"),
]
