"""Dataset formats, one file each; `DATASET_FORMATS` knows them all."""

from mllmsent.data.readers.interface import DatasetFormat, Source
from mllmsent.foundation import Registry

__all__ = ["DATASET_FORMATS", "DatasetFormat", "Source"]

# In the order in which they are asked whether a source is theirs.
DATASET_FORMATS: Registry[DatasetFormat] = Registry(
    kind="dataset format",
    builtin={
        "card": "mllmsent.data.readers.card_file:FORMAT",
        "perceptsent": "mllmsent.data.readers.perceptsent:FORMAT",
        "huggingface": "mllmsent.data.readers.huggingface:FORMAT",
        "class-folders": "mllmsent.data.readers.class_folders:FORMAT",
        "image-folder": "mllmsent.data.readers.image_folder:FORMAT",
    },
    group="mllmsent.datasets",
)
