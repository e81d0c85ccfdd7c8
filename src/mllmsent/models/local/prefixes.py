"""Which questions begin alike: what they share is computed once.

Strategies that put the image first share everything up to their first differing word; two schemes
asked in one wording share even more. Prompts are compared token by token, after they have been cut
into tokens whole, so that nothing is cut where no tokenizer would cut it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cluster", "common_length", "halves", "share_prefixes"]

_WORTH = 8
"""A shared beginning of fewer tokens saves less than keeping it apart costs."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Sequences that begin alike.

    Attributes:
        members: Their positions among the sequences given.
        length: How many tokens they share; 0 where a sequence stands alone.
    """

    members: tuple[int, ...]
    length: int

    def parts(self, most: int) -> list[Cluster]:
        """The same in parts of at most so many members."""
        return [
            Cluster(self.members[start : start + most], self.length)
            for start in range(0, len(self.members), most)
        ]


def halves(clusters: Sequence[Cluster]) -> list[list[Cluster]]:
    """Some clusters, or the members of a single one, in two parts."""
    if len(clusters) > 1:
        middle = len(clusters) // 2
        return [list(clusters[:middle]), list(clusters[middle:])]
    (only,) = clusters
    return [[part] for part in only.parts((len(only.members) + 1) // 2)]


def share_prefixes(
    sequences: Sequence[Sequence[int]], image_ends: Sequence[int], images: Sequence[object]
) -> list[Cluster]:
    """Put sequences that begin alike together.

    Two sequences share only what reaches beyond the last image of both: tokens that stand for an
    image say nothing about which image it is, and those after it are read with it in view. The last
    token of each sequence is never shared, since from it the answer is foretold.

    Args:
        sequences: Token ids of each prompt.
        image_ends: For each, the position after its last image token; 0 without an image.
        images: For each, the identity of its images, in order.

    Returns:
        Clusters that hold every sequence once, in the order of their first member.
    """
    alike: dict[object, list[int]] = {}
    for number, (ids, end) in enumerate(zip(sequences, image_ends, strict=True)):
        # Without an image the system's turn is all there is to share; it shows in the tokens.
        start = tuple(ids[: end or _WORTH])
        alike.setdefault((images[number], start), []).append(number)
    clusters: list[Cluster] = []
    for (_, start), members in alike.items():  # type: ignore[misc] # keys are pairs, see above
        group = [sequences[number] for number in members]
        shared = min(common_length(group), min(map(len, group)) - 1)
        if len(members) > 1 and shared >= max(len(start), _WORTH):
            clusters.append(Cluster(tuple(members), shared))
        else:
            clusters.extend(Cluster((number,), 0) for number in members)
    return clusters


def common_length(sequences: Sequence[Sequence[int]]) -> int:
    """How many tokens all sequences have in common at their beginning."""
    first, last = min(sequences, key=tuple), max(sequences, key=tuple)
    length = 0
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        length += 1
    return length
