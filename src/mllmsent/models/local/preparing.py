"""A request becomes token ids and tensors: everything that needs no model and can be done ahead."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.data.images import open_image
from mllmsent.foundation.errors import InputError
from mllmsent.models.local.decoding import Writing
from mllmsent.models.local.engine import Job
from mllmsent.models.local.images import ImageDesk, SeenImage, see_image
from mllmsent.models.local.label_scores import answer_ids
from mllmsent.models.local.prompts import answer_text, prompt_text
from mllmsent.models.local.sampling import sampling_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from PIL import Image

    from mllmsent.data.images import ImageRef
    from mllmsent.models.interface import Request
    from mllmsent.models.local.constraints import Grammar
    from mllmsent.models.local.loading import Loaded

__all__ = ["Preparer", "content_free"]

_DEFAULT_TOKENS = 512
_CONTENT_FREE = (0, 128, 255)
"""Black, gray and white: the mean over several hangs less on any one of them."""
_CONTENT_FREE_SIZE = (336, 336)


@dataclass
class Preparer:
    """Prepares requests for one model; several threads may.

    Attributes:
        loaded: The model, of which only tokenizer, processor and template are used.
        desk: Images seen already.
    """

    loaded: Loaded
    desk: ImageDesk

    def prepare(self, request: Request) -> Job:
        """The job of a request.

        Raises:
            InputError: If an image cannot be read, the prompt is too long for the model, it has no
                chat template, or a setting is not known.
        """
        images = tuple(self._seen(image) for image in request.images)
        return self._job(request, images)

    def content_free(self, request: Request) -> list[Job]:
        """The same question about images that show nothing: what its words alone suggest.

        The last image is the one asked about; solved examples before it stay. A question without
        an image has no such twin, and gives none.
        """
        if not request.images:
            return []
        images = [self._seen(image) for image in request.images[:-1]]
        return [self._job(request, (*images, self._blank(shade))) for shade in _CONTENT_FREE]

    def _blank(self, shade: int) -> SeenImage:
        key = f"content-free:{shade}"
        return self.desk.get(key, lambda: see_image(self.loaded, content_free(shade), key))

    def _seen(self, image: ImageRef) -> SeenImage:
        key = image.digest
        return self.desk.get(
            key,
            lambda: see_image(self.loaded, open_image(image.read_bytes(), file=image.path), key),
        )

    def _job(self, request: Request, images: tuple[SeenImage, ...]) -> Job:
        loaded = self.loaded
        effort = request.settings.reasoning_effort
        prompt = prompt_text(loaded, request.messages, effort=effort)
        ids = tuple(self._tokens(_with_images(loaded, prompt, images)))
        room = loaded.context_length - len(ids)
        if room < 1:
            raise InputError(
                f"The prompt has {len(ids)} tokens, and the model's context {loaded.context_length}.",
                cure="Show fewer or smaller images or examples, or take a model with more context.",
            )
        image_end = 0
        if images:
            image_end = len(ids) - ids[::-1].index(loaded.image_token_id)
        if request.candidates:
            candidates = tuple(
                answer_ids(
                    loaded,
                    prompt,
                    answer_text(loaded, request.messages, prompt, candidate, effort=effort),
                )
                for candidate in request.candidates
            )
            return Job(ids, images, image_end, candidates=candidates)
        wanted = request.settings.max_tokens or _DEFAULT_TOKENS
        writing = Writing(
            prompt=ids,
            max_tokens=min(wanted, room),
            sampling=sampling_of(request.settings, loaded, _seed(request, ids)),
            grammar=self._grammar(request.answer_schema),
            min_tokens=request.settings.extra.get("min_tokens", 0),
        )
        return Job(ids, images, image_end, writing)

    def _tokens(self, text: str) -> list[int]:
        tokenizer = self.loaded.tokenizer
        # As the processors of transformers do: a template that writes the first token itself must
        # not get it twice.
        starts = tokenizer.bos_token is not None and text.startswith(tokenizer.bos_token)
        ids: list[int] = tokenizer(text, add_special_tokens=not starts)["input_ids"]
        return ids

    def _grammar(self, schema: Mapping[str, Any] | None) -> Grammar | None:
        from mllmsent.models.local import constraints  # noqa: PLC0415 - only where it is asked for

        loaded = self.loaded
        if schema is None or not constraints.constraints_available(loaded.tokenizer):
            return None
        try:
            return constraints.compile_grammar(
                loaded.tokenizer,
                schema,
                vocab_size=loaded.model.config.get_text_config().vocab_size,
                eos_ids=loaded.eos_ids,
            )
        except InputError:
            return None  # a schema that cannot be enforced can still be asked for, and read


def content_free(shade: int) -> Image.Image:
    """A picture of one gray, 0 black to 255 white."""
    from PIL import Image  # noqa: PLC0415 - only here

    return Image.new("RGB", _CONTENT_FREE_SIZE, (shade, shade, shade))


def _with_images(loaded: Loaded, prompt: str, images: tuple[SeenImage, ...]) -> str:
    """The prompt with what stands for each image in place of its placeholder."""
    if not images:
        return prompt
    words = iter(images)
    placeholder = re.escape(loaded.processor.image_token)
    text, found = re.subn(placeholder, lambda _: next(words).words, prompt, count=len(images))
    if found != len(images):
        raise InputError(
            f"The model's chat template has room for {found} of {len(images)} images.",
            cure="Take a strategy that shows fewer images, or a model whose template shows them.",
        )
    return text


def _seed(request: Request, ids: tuple[int, ...]) -> int:
    """A seed of the answer's own: samples and neighbors draw differently, and repeatably."""
    place = f"{request.settings.seed or 0}/{request.sample}/{ids}".encode()
    images = "/".join(image.digest for image in request.images).encode()
    return zlib.crc32(place + images)
