"""Every address of the site, in the order of the table in docs/architecture.md."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import path, re_path, reverse_lazy

from blog import views as blog
from comments import desk
from comments import views as comments
from comments.feeds import CommentFeed
from exercises import views as exercises
from publishing import pictures
from publishing import views as publishing

urlpatterns = [
    path("", blog.home, name="home"),
    path("articles/", blog.articles, name="articles"),
    path("articles/shared/<str:token>/", blog.shared, name="shared_article"),
    path("articles/<slug:slug>/", blog.article, name="article"),
    path("subjects/", blog.subjects, name="subjects"),
    path("subjects/<slug:slug>/", blog.subject, name="subject"),
    path("exercises/", exercises.library, name="library"),
    path("exercises/<slug:slug>/", exercises.exercise, name="exercise"),
    path("exercises/<slug:slug>/card/", exercises.print_ladder, name="print_ladder"),
    path("exercises/<slug:slug>/<slug:variation>/card/", exercises.print_card, name="print_card"),
    path("favorites/", comments.favorites, name="favorites"),
    path("comments/", comments.post, name="post_comment"),
    path("comments/mine/", comments.mine, name="my_comments"),
    path("comments/own/<str:token>/", comments.own, name="own_comment"),
    path("comments/<int:pk>/answer/", comments.answer, name="answer_comment"),
    path("comments/<int:pk>/report/", comments.report, name="report_comment"),
    path("comments/letters/confirm/<str:token>/", comments.confirm_address, name="confirm_address"),
    path("comments/letters/stop/<str:token>/", comments.stop_letters, name="stop_letters"),
    path("comments/desk/<str:token>/", desk.by_letter, name="desk_link"),
    path("comments/feed/", CommentFeed(), name="comments_feed"),
    path("articles/<slug:slug>/comments/feed/", CommentFeed(), name="article_comments_feed"),
    path("authors/<slug:slug>/", blog.author, name="author"),
    path("search/", blog.search, name="search"),
    re_path(rf"^media/({pictures.NAME})\Z", publishing.media, name="media"),
    # django-markdownx's default addresses with staff-only views of ours: its own take any upload.
    path("markdownx/markdownify/", publishing.markdown_preview),
    path("markdownx/upload/", publishing.markdown_upload),
    path(
        "admin/password/",
        auth.PasswordResetView.as_view(
            email_template_name="letters/password.txt",
            subject_template_name="letters/password_subject.txt",
            extra_email_context={"site_url": settings.SITE_URL},
            success_url=reverse_lazy("password_sent"),
        ),
        name="admin_password_reset",
    ),
    path("admin/password/sent/", auth.PasswordResetDoneView.as_view(), name="password_sent"),
    path(
        "admin/password/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(
            success_url=reverse_lazy("admin:index"), post_reset_login=True
        ),
        name="choose_password",
    ),
    path("admin/", admin.site.urls),
    path("<slug:slug>/", blog.page, name="page"),
]

handler400 = publishing.bad_request
handler403 = publishing.forbidden
handler404 = publishing.not_found
handler500 = publishing.server_error
