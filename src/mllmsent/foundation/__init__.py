"""What every room stands on: errors that name the cure, configuration, registries, digests, tables."""

from mllmsent.foundation.digest import file_sha256, json_digest
from mllmsent.foundation.errors import InputError, MissingExtraError, MllmsentError, nearest
from mllmsent.foundation.registry import Registry

__all__ = [
    "InputError",
    "MissingExtraError",
    "MllmsentError",
    "Registry",
    "file_sha256",
    "json_digest",
    "nearest",
]
