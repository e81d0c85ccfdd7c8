"""What an emotion label is: schemes, reading a model's words into one, converting."""

from mllmsent.affect.answer_schema import answer_schema
from mllmsent.affect.catalog import dump_scheme, get_scheme, load_scheme, scheme_names
from mllmsent.affect.conversion import Conversion, conversion_names, get_conversion
from mllmsent.affect.reading import Reading, ReadingStatus, read_answer
from mllmsent.affect.scheme import Dimension, Label, Scheme, SchemeKind

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
    "dump_scheme",
    "get_conversion",
    "get_scheme",
    "load_scheme",
    "read_answer",
    "scheme_names",
]
