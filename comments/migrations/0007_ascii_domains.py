from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, migrations, transaction

from web import mailboxes


def convert(apps, schema_editor):
    """Addresses as a form stores them from now on: internationalized domains in ASCII. What is no
    address, or would be there twice, stays as it is."""
    places = [("comments", "Comment", "email"), ("comments", "Letter", "to"), ("auth", "User", "email")]
    for app, name, field in [("comments", "Address", "email"), *places]:
        rows = apps.get_model(app, name).objects.using(schema_editor.connection.alias)
        for pk, address in rows.exclude(**{field: ""}).values_list("pk", field).iterator():
            if address.isascii():
                continue
            try:
                with transaction.atomic(schema_editor.connection.alias):
                    rows.filter(pk=pk).update(**{field: mailboxes.clean(address)})
            except (ValidationError, IntegrityError):
                continue
    addresses = apps.get_model("comments", "Address").objects.using(schema_editor.connection.alias)
    for pk, email in addresses.values_list("pk", "email").iterator():
        addresses.filter(pk=pk).update(mailbox=mailboxes.mailbox(email))


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0006_mail_delivery"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(convert, migrations.RunPython.noop)]
