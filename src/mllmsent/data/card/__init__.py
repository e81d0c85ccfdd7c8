"""Dataset cards: what they may say, and how they are read."""

from mllmsent.data.card.model import Card
from mllmsent.data.card.reading import dataset_from_card, draft_from_card

__all__ = ["Card", "dataset_from_card", "draft_from_card"]
