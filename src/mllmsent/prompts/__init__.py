"""Prompt strategies: the wording of a question as a versioned file, and how it is rendered."""

from mllmsent.prompts.message import Message, Shown
from mllmsent.prompts.render import Exemplar, answer_words, label_words, render, well_formed_answer
from mllmsent.prompts.strategy import (
    Readout,
    Strategy,
    get_strategy,
    load_strategy,
    strategy_names,
    with_readout,
)

__all__ = [
    "Exemplar",
    "Message",
    "Readout",
    "Shown",
    "Strategy",
    "answer_words",
    "get_strategy",
    "label_words",
    "load_strategy",
    "render",
    "strategy_names",
    "well_formed_answer",
    "with_readout",
]
