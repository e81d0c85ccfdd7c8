"""Reading a model's words into a scheme: ok, unparsed or refused, never a guess."""

from mllmsent.affect.reading.reader import read_answer
from mllmsent.affect.reading.result import Reading, ReadingStatus

__all__ = ["Reading", "ReadingStatus", "read_answer"]
