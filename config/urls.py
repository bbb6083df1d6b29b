"""All URLs of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, re_path

from accounts import views as accounts
from blog import feeds, sitemaps, social
from blog import views as blog
from comments import feeds as comment_feeds
from comments import moderation_views as comment_moderation
from comments.views import conversations, own, posting
from exercises import data
from exercises import views as exercises
from exercises.social import exercise_card
from metadata import site_files
from operations import admin as operations
from operations import health
from pictures import views as pictures
from pictures.files import PUBLIC_NAME
from publishing.redirects import not_found
from web import errors
from writing import views as writing

SLUG = r"(?P<slug>[-\w]+)"
CARD_FILE = r"social-(?P<mark>\w{12})\.png\Z"

urlpatterns = [
    path("", blog.home, name="home"),
    path("articles/", blog.articles, name="articles"),
    re_path(r"^articles/(?P<year>[0-9]{4})/\Z", blog.articles, name="articles_of_year"),
    path("articles/shared/<str:token>/", blog.shared, name="shared_article"),
    path("articles/<slug:slug>/", blog.article, name="article"),
    path("subjects/", blog.subjects, name="subjects"),
    path("subjects/<slug:slug>/", blog.subject, name="subject"),
    path("exercises/", exercises.library, name="library"),
    path("exercises/<slug:slug>/", exercises.exercise, name="exercise"),
    path("exercises/<slug:slug>/card/", exercises.print_ladder, name="print_ladder"),
    path("exercises/<slug:slug>/<slug:variation>/", exercises.variation, name="variation"),
    path("exercises/<slug:slug>/<slug:variation>/card/", exercises.print_card, name="print_card"),
    path("favorites/", conversations.favorites, name="favorites"),
    path("comments/", posting.post, name="post_comment"),
    path("comments/mine/", own.my_comments, name="my_comments"),
    path("comments/own/<str:token>/", own.own_comment, name="own_comment"),
    path("comments/<int:pk>/", conversations.permalink, name="comment"),
    path("comments/<int:pk>/answer/", posting.reply_form, name="answer_comment"),
    path("comments/<int:pk>/report/", conversations.report, name="report_comment"),
    path("comments/letters/confirm/<str:token>/", own.confirm_address, name="confirm_address"),
    path("comments/letters/stop/<str:token>/", own.stop_emails, name="stop_letters"),
    path("comments/desk/<str:token>/", comment_moderation.queue_by_email, name="desk_link"),
    path("comments/feed/", comment_feeds.of_all, name="comments_feed"),
    path(
        "articles/<slug:slug>/comments/feed/",
        comment_feeds.of_article,
        name="article_comments_feed",
    ),
    path("authors/<slug:slug>/", blog.author, name="author"),
    path("search/", blog.search, name="search"),
    path("opensearch.xml", blog.opensearch, name="opensearch"),
    path("feed/", feeds.all_articles, name="feed"),
    path("feed.json", feeds.all_as_json, name="json_feed"),
    path("subjects/<slug:slug>/feed/", feeds.of_subject, name="subject_feed"),
    path("authors/<slug:slug>/feed/", feeds.of_author, name="author_feed"),
    re_path(rf"^{CARD_FILE}", social.site_card, name="site_card"),
    re_path(rf"^articles/{SLUG}/{CARD_FILE}", social.article_card, name="article_card"),
    re_path(rf"^subjects/{SLUG}/{CARD_FILE}", social.subject_card, name="subject_card"),
    re_path(rf"^exercises/{SLUG}/{CARD_FILE}", exercise_card, name="exercise_card"),
    path("exercises.json", data.all_exercises, name="exercises_json"),
    path("exercises/<slug:slug>.json", data.one_exercise, name="exercise_json"),
    re_path(r"^drawings/(?P<key>[-\w]+)-(?P<which>start|end)\.svg\Z", data.drawing, name="drawing"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<slug:kind>-<int:number>.xml", sitemaps.part, name="sitemap_part"),
    path("llms.txt", sitemaps.llms, name="llms"),
    path("robots.txt", site_files.robots, name="robots"),
    path(".well-known/security.txt", site_files.security, name="security"),
    path("manifest.webmanifest", site_files.manifest, name="manifest"),
    path("healthz", health.healthz, name="healthz"),
    path("favicon.ico", site_files.favicon, name="favicon"),
    re_path(rf"^media/({PUBLIC_NAME})\Z", pictures.media, name="media"),
    # The URLs of django-markdownx with our staff-only views: its own views take anyone's upload.
    path("markdownx/markdownify/", writing.markdown_preview),
    path("markdownx/upload/", writing.markdown_upload),
    path("admin/password/", accounts.RequestPasswordReset.as_view(), name="admin_password_reset"),
    path("admin/password/sent/", auth.PasswordResetDoneView.as_view(), name="password_sent"),
    path(
        "admin/password/<uidb64>/<token>/",
        accounts.ChoosePassword.as_view(),
        name="choose_password",
    ),
    path(
        "admin/publishing/site/backup/",
        admin.site.admin_view(operations.make_backup),
        name="make_backup",
    ),
    path("admin/", include("accounts.urls")),  # first, to replace the admin's own sign-in
    path("admin/", admin.site.urls),
    path("<slug:slug>/", blog.page, name="page"),
]

handler400 = errors.bad_request
handler404 = not_found
handler500 = errors.server_error
