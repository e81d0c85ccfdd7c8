"""The kinds of words that may surround a label without changing what it is."""

__all__ = ["BARE", "DRESS", "KNOWN"]

DRESS = ("symbol", "emphasis", "number", "filler", "stop")
"""What may stand anywhere."""
BARE = (
    *DRESS, "intense", "slight", "partial", "cue", "image", "pronoun", "and", "or", "slash", "comma",
    "semicolon", "notjust", "minor", "part", "negator", "hedge", "yes",
)  # fmt: skip
"""What a label may be dressed in without becoming a sentence."""
KNOWN = (
    *BARE, "answer", "final", "viewer", "copula", "verb", "have", "choose", "feel", "make", "find", "rather",
    "summary", "key", "as", "classify", "reason", "early",
)  # fmt: skip
"""Words that speak of the answer or the image, and of nothing else."""
