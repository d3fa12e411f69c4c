"""Lists the optional fields of a bucket's inventories as they were put: as published, moto lists one field, "Field"."""

from moto.s3.responses import S3Response

read_published = S3Response._inventory_config_from_body


def read_configuration(self: S3Response) -> dict:
    configuration = read_published(self)
    fields = configuration.get("OptionalFields")
    if isinstance(fields, dict):
        named = fields.get("Field", [])
        configuration["OptionalFields"] = named if isinstance(named, list) else [named]
    return configuration


def keep_inventory_fields() -> None:
    S3Response._inventory_config_from_body = read_configuration
