"""Reading a model's words into a scheme: ok, unparsed or refused, never a guess."""

from mllmsent.affect.reading.reader import is_declined, read_answer
from mllmsent.affect.reading.result import Reading, ReadingStatus

__all__ = ["Reading", "ReadingStatus", "is_declined", "read_answer"]
