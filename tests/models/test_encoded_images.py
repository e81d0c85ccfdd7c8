"""Images as they are sent: their own bytes, unless a limit forbids."""

import asyncio
import base64
import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image
from tests.loopback.samples import jpeg
from tests.models.samples import ask, image_ref, request

from mllmsent.foundation import InputError
from mllmsent.loopback import ConstantAnswerer, serve
from mllmsent.models.served.encoded_images import EncodedImage, ImageEncoder, ImageLimits


def encode(encoder: ImageEncoder, *images: object) -> list[EncodedImage]:
    async def go() -> list[EncodedImage]:
        return [await encoder.encode(image) for image in images]  # type: ignore[arg-type]

    return asyncio.run(go())


def noisy(size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def test_an_image_is_sent_as_it_is(tmp_path: Path) -> None:
    image = image_ref(tmp_path)
    (encoded,) = encode(ImageEncoder(ImageLimits()), image)
    assert base64.b64decode(encoded.base64) == image.path.read_bytes()
    assert encoded.data_uri.startswith("data:image/jpeg;base64,/9j/")
    assert (encoded.sha256, encoded.note) == (image.sha256, "")


@pytest.mark.parametrize(
    "limits",
    [ImageLimits(max_side=300), ImageLimits(max_pixels=40_000), ImageLimits(max_bytes=60_000)],
)
def test_an_image_over_a_limit_is_sent_smaller_and_that_is_told(
    limits: ImageLimits, tmp_path: Path
) -> None:
    data = noisy((400, 200))
    image = image_ref(tmp_path, "big.png", data, size=(400, 200), media_type="image/png")
    (encoded,) = encode(ImageEncoder(limits), image)
    sent = base64.b64decode(encoded.base64)
    with Image.open(io.BytesIO(sent)) as opened:
        width, height = opened.size
    assert limits.admit(encoded.media_type, width, height, len(sent))
    assert encoded.sha256 == hashlib.sha256(sent).hexdigest() != image.sha256
    assert "400x200" in encoded.note


def test_a_format_that_the_receiver_does_not_read_is_sent_as_one_it_does(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), (1, 2, 3)).save(buffer, "BMP")
    image = image_ref(tmp_path, "a.bmp", buffer.getvalue(), size=(20, 10), media_type="image/bmp")
    (encoded,) = encode(ImageEncoder(ImageLimits(media_types=("image/png",))), image)
    assert encoded.media_type == "image/png"
    assert encoded.note


def test_a_condition_is_sent_as_it_renders(tmp_path: Path) -> None:
    image = image_ref(tmp_path, condition="grey")
    (encoded,) = encode(ImageEncoder(ImageLimits()), image)
    sent = base64.b64decode(encoded.base64)
    assert encoded.sha256 == hashlib.sha256(sent).hexdigest() != image.sha256
    with Image.open(io.BytesIO(sent)) as opened:
        red, green, blue = opened.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert red == green == blue


def test_the_same_image_is_read_once(tmp_path: Path) -> None:
    encoder = ImageEncoder(ImageLimits())
    image = image_ref(tmp_path)
    (first,) = encode(encoder, image)
    image.path.unlink()
    assert encode(encoder, image) == [first]


def test_memory_is_bounded_and_the_image_longest_unused_is_forgotten(tmp_path: Path) -> None:
    images = [image_ref(tmp_path, f"{n}.jpg", jpeg((n, n, n))) for n in range(3)]
    size = len(base64.b64encode(images[0].path.read_bytes()))
    encoder = ImageEncoder(ImageLimits(), memory_bytes=2 * size + 8)
    encode(encoder, images[0], images[1], images[0], images[2])
    for image in images:
        image.path.unlink()
    encode(encoder, images[0], images[2])
    with pytest.raises(InputError):
        encode(encoder, images[1])


def test_an_image_that_is_gone_or_changed_fails_alone_and_nothing_is_sent(tmp_path: Path) -> None:
    good = image_ref(tmp_path, "good.jpg")
    gone = image_ref(tmp_path, "gone.jpg", jpeg((1, 1, 1)))
    gone.path.unlink()
    changed = image_ref(tmp_path, "changed.jpg", jpeg((2, 2, 2)))
    changed.path.write_bytes(jpeg((3, 3, 3)))
    with serve(ConstantAnswerer()) as server:
        responses = ask(server, *(request("x", image) for image in (good, gone, changed)))
        assert len(server.log) == 1
    assert [response.status for response in responses] == ["ok", "failed", "failed"]
    assert all(response.error.startswith("image: ") for response in responses[1:])
    assert "changed since" in responses[2].error


def test_a_servers_limit_is_met_by_setting_ours(tmp_path: Path) -> None:
    data = noisy((200, 200))
    image = image_ref(tmp_path, "big.png", data, size=(200, 200), media_type="image/png")
    with serve(ConstantAnswerer(), max_image_bytes=30_000) as server:
        (refused,) = ask(server, request("x", image))
        (response,) = ask(server, request("x", image), max_image_bytes=30_000)
        sent = server.log.entries[1].images
    assert "max_image_bytes" in refused.error
    assert response.status == "ok"
    assert response.image_sha256 == sent != (image.sha256,)
    assert response.image_note
