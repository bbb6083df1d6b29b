"""Django answers id=9…9 with no row. With id__in, which its forms use for boxes that are ticked, it
asks the database, and SQLite refuses numbers over 64 bits with an OverflowError."""

from typing import Any

from django.db.models import IntegerField
from django.db.models.lookups import In


@IntegerField.register_lookup
class IntegerIn(In):
    """Leaves out the numbers that no row has because its column cannot hold them."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value():
            kind = self.lhs.output_field.get_internal_type()
            least, most = connection.ops.integer_field_range(kind)
            self.rhs = [n for n in self.rhs if not isinstance(n, int) or least <= n <= most]
        return super().process_rhs(compiler, connection)
