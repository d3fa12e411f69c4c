"""Stores numbers as DynamoDB does: exact decimals of at most 38 digits.

A number with more digits, sent or as the result of `ADD`, is refused and leaves the item unchanged. So does an
expression of more than 4 KB.
"""

import copy
from decimal import Context, Decimal, InvalidOperation

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DDBType, DynamoType

MAX_DIGITS = 38
MAX_EXPRESSION_BYTES = 4096
# As many digits as the sum of any two numbers between 1e-130 and 1e126 can have.
EXACT = Context(prec=300)


def render(number: Decimal) -> str:
    shortest = number.normalize(EXACT)
    if len(shortest.as_tuple().digits) > MAX_DIGITS:
        raise MockValidationException("Attempting to store more than 38 significant digits in a Number")
    return f"{shortest:f}"


def check_sent(create):
    def create_checked(self: DynamoType, type_as_dict) -> None:
        create(self, type_as_dict)
        if self.type != DDBType.NUMBER or type(type_as_dict) is DynamoType:
            return
        try:
            self.value = render(Decimal(self.value))
        except InvalidOperation:
            pass  # Not a number at all: moto itself refuses that later.

    return create_checked


def calculate_exactly(operation):
    def calculate(self: DynamoType, other: DynamoType) -> DynamoType:
        if not self.is_number() or self.type != other.type:
            raise TypeError("Arithmetic is for numbers")
        return DynamoType({DDBType.NUMBER: render(operation(Decimal(self.value), Decimal(other.value)))})

    return calculate


def update_all_or_nothing(update_item):
    """As published, moto changes one attribute after the other, and keeps the first changes if a later one fails."""

    def update(self: DynamoDBBackend, table_name: str, key, update_expression: str, *args, **options):
        size = len(update_expression.encode())
        if size > MAX_EXPRESSION_BYTES:
            raise MockValidationException(
                "Invalid UpdateExpression: Expression size has exceeded the maximum allowed size; "
                f"expression size: {size}"
            )
        table = self.get_table(table_name)
        place = self.get_keys_value(table, key)
        former = copy.deepcopy(table.get_item(*place))
        try:
            return update_item(self, table_name, key, update_expression, *args, **options)
        except MockValidationException:
            if former is None:
                table.delete_item(*place)
            else:
                table.get_item(*place).attrs = former.attrs
            raise

    return update


def calculate_as_dynamodb_does() -> None:
    DynamoType.__init__ = check_sent(DynamoType.__init__)
    DynamoType.__add__ = calculate_exactly(EXACT.add)
    DynamoType.__sub__ = calculate_exactly(EXACT.subtract)
    DynamoDBBackend.update_item = update_all_or_nothing(DynamoDBBackend.update_item)
