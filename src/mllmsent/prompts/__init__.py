"""Prompt strategies: the wording of a question as a versioned file, and how it is rendered."""

from mllmsent.prompts.message import Message
from mllmsent.prompts.render import Exemplar, render, well_formed_answer
from mllmsent.prompts.strategy import Strategy, get_strategy, load_strategy, strategy_names

__all__ = [
    "Exemplar",
    "Message",
    "Strategy",
    "get_strategy",
    "load_strategy",
    "render",
    "strategy_names",
    "well_formed_answer",
]
