from django.db import migrations, models
from django.db.models import Case, Exists, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce


def arrange(apps, schema_editor):
    """As CommentQuerySet.arrange() did when this was written."""
    comments = apps.get_model("comments", "Comment").objects
    said = Q(published_at__isnull=False) & ~Q(words="")
    replies = comments.filter(answers=OuterRef("pk"), published_at__isnull=False)
    shown = said | (Q(removed_by="writer") & Exists(replies))
    top = comments.filter(shown, pk=Coalesce(OuterRef("answers"), OuterRef("pk")))
    comments.update(thread_at=Case(When(shown, then=Subquery(top.values("written_at")))))


class Migration(migrations.Migration):

    dependencies = [
        ('comments', '0001_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='comment',
            name='thread_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(arrange, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('thread_at__isnull', False)), fields=['article', 'thread_at', 'published_at'], name='comment_in_thread'),
        ),
    ]
