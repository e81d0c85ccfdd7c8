"""What an emotion label is: schemes, reading a model's words into one, converting between them."""

from mllmsent.affect.answer_schema import answer_schema
from mllmsent.affect.catalog import dump_scheme, get_scheme, load_scheme, scheme_names
from mllmsent.affect.conversion import (
    Conversion,
    conversion_names,
    cut,
    get_conversion,
    relabel,
    rescale,
)
from mllmsent.affect.convert import (
    convert_distribution,
    convert_label,
    convert_labels,
    convert_reading,
    convert_spreads,
    convert_values,
    cut_value,
)
from mllmsent.affect.reading import Reading, ReadingStatus, is_declined, read_answer
from mllmsent.affect.scheme import Dimension, Label, Scheme, SchemeKind
from mllmsent.affect.strength import label_strength, value_strength

__all__ = [
    "Conversion",
    "Dimension",
    "Label",
    "Reading",
    "ReadingStatus",
    "Scheme",
    "SchemeKind",
    "answer_schema",
    "conversion_names",
    "convert_distribution",
    "convert_label",
    "convert_labels",
    "convert_reading",
    "convert_spreads",
    "convert_values",
    "cut",
    "cut_value",
    "dump_scheme",
    "get_conversion",
    "get_scheme",
    "is_declined",
    "label_strength",
    "load_scheme",
    "read_answer",
    "relabel",
    "rescale",
    "scheme_names",
    "value_strength",
]
