"""Makes the lookup `in`, which Django's forms use for checkboxes, safe for large integers. Django's
own `in` passes them to the database, and SQLite raises OverflowError if one exceeds 64 bits."""

from typing import Any

from django.db.models import IntegerField
from django.db.models.lookups import In


@IntegerField.register_lookup
class IntegerIn(In):
    """The lookup `in` without the integers that the column cannot hold."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value():
            kind = self.lhs.output_field.get_internal_type()
            least, most = connection.ops.integer_field_range(kind)
            self.rhs = [n for n in self.rhs if not isinstance(n, int) or least <= n <= most]
        return super().process_rhs(compiler, connection)
