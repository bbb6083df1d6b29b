"""The site's links to the privacy page, the health notice, the gym words and the contact page go by
a role instead of by a fixed address. Pages that stand at those addresses today get their role."""

from django.db import migrations, models

ROLES = {
    "privacy": "privacy",
    "health-notice": "health",
    "gym-words": "words",
    "contact": "contact",
}


def give_roles(apps, schema_editor):
    pages = apps.get_model("blog", "Page").objects.using(schema_editor.connection.alias)
    for slug, role in ROLES.items():
        pages.filter(slug=slug).update(role=role)


class Migration(migrations.Migration):
    dependencies = [
        ("blog", "0002_drafts_and_revisions"),
    ]

    operations = [
        migrations.AddField(
            model_name="page",
            name="role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("privacy", "What happens to readers’ answers (privacy)"),
                    ("health", "The whole health notice"),
                    ("words", "Gym words"),
                    ("contact", "How to reach you"),
                ],
                db_default="",
                default="",
                help_text="Forms, articles and exercises then link to this page, whatever its"
                " address and only while it is live. Empty: nothing but the footer and your texts.",
                max_length=10,
                verbose_name="the site links to it as",
            ),
        ),
        migrations.RunPython(give_roles, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role", ""), _negated=True),
                fields=("role",),
                name="page_role_once",
                violation_error_message="The site links to another page as this. Take it from that"
                " page first.",
            ),
        ),
    ]
