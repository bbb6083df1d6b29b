"""Makes `id__in` safe for numbers that are too large for the column.

Django answers `id=9…9` with no row, but passes the numbers of `id__in`, which its forms use for
checkboxes, to the database, and SQLite raises OverflowError for those over 64 bits.
"""

from typing import Any

from django.db.models import IntegerField
from django.db.models.lookups import In


@IntegerField.register_lookup
class IntegerIn(In):
    """Leaves out numbers that the column cannot hold."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value():
            kind = self.lhs.output_field.get_internal_type()
            least, most = connection.ops.integer_field_range(kind)
            self.rhs = [n for n in self.rhs if not isinstance(n, int) or least <= n <= most]
        return super().process_rhs(compiler, connection)
