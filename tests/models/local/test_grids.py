"""Where an image's tokens lie on the image.

What a grid says is held against what the model does: where something appears on an otherwise empty
image, it must be the token of that place that changes.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tests.models.local.asking import loaded_from
from tests.models.local.checkpoints import FAMILIES, pictures

from mllmsent.models.local.forward import Beginning, prefill
from mllmsent.models.local.grids import ImageGrid, image_grids
from mllmsent.models.local.images import SeenImage, see_image

every_family = pytest.mark.parametrize("family", FAMILIES)
Load = Callable[[str], Any]
SHAPES = [(480, 360), (250, 330), (300, 900), (930, 310)]


def without_mixing(loaded: Any) -> Any:
    """In the image's part, nothing goes from one patch to another, so that a change stays put."""
    words = {id(module) for module in loaded.model.get_decoder().layers.modules()}
    mixing = re.compile(r"att.*\.(out_proj|proj|o_proj|projection_layer)$")
    for name, module in loaded.model.named_modules():
        if id(module) in words:
            continue
        if mixing.search(name):
            for weight in module.parameters():
                weight.zero_()
        elif isinstance(module, torch.nn.Conv2d) and module.kernel_size == (3, 3):
            middle = module.weight[:, :, 1, 1].clone()
            module.weight.zero_()
            module.weight[:, :, 1, 1] = middle
    return loaded


@pytest.fixture(scope="module")
def still(tiny: Callable[[str], Path]) -> Load:
    kept: dict[str, Any] = {}

    def find(family: str) -> Any:
        if family not in kept:
            kept[family] = without_mixing(loaded_from(tiny(family)))
        return kept[family]

    return find


def image_tokens(loaded: Any, image: Image.Image) -> tuple[SeenImage, torch.Tensor]:
    """An image's tokens as they enter the language model: (tokens, width)."""
    seen = see_image(loaded, image, "image")
    ids = loaded.tokenizer(seen.words + " Hi", add_special_tokens=False)["input_ids"]
    entered: list[torch.Tensor] = []
    first = loaded.model.get_decoder().layers[0]
    hook = first.register_forward_pre_hook(
        lambda _module, args, named: entered.append(args[0] if args else named["hidden_states"]),
        with_kwargs=True,
    )
    with torch.inference_mode():
        prefill(loaded, [Beginning(ids, [seen])])
    hook.remove()
    places = [place for place, token in enumerate(ids) if token == loaded.image_token_id]
    return seen, entered[0][0, places].clone()


def spot(
    size: tuple[int, int], grid: ImageGrid, row: int, column: int
) -> tuple[int, int, int, int] | None:
    """The middle of a cell in pixels of the image; None where it lies on a border around it."""
    left, top, right, bottom = grid.box
    width, height = size
    across, down = (right - left) / grid.columns, (bottom - top) / grid.rows
    box = (
        (left + across * (column + 0.25)) * width,
        (top + down * (row + 0.25)) * height,
        (left + across * (column + 0.75)) * width,
        (top + down * (row + 0.75)) * height,
    )
    within = box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height
    left_end, top_end, right_end, bottom_end = (round(end) for end in box)
    return (left_end, top_end, right_end, bottom_end) if within else None


def some_cells(grid: ImageGrid) -> list[tuple[int, int]]:
    """Its corners, and cells whose row and column differ."""
    rows = sorted({0, grid.rows // 2 - 1, grid.rows // 2, grid.rows - 1})
    columns = sorted({0, grid.columns // 3, grid.columns - 1})
    return [(row, column) for row in rows for column in columns]


@every_family
@pytest.mark.parametrize("size", SHAPES)
def test_what_appears_in_a_cell_changes_the_token_of_that_cell(
    still: Load, family: str, size: tuple[int, int]
) -> None:
    loaded = still(family)
    empty = Image.new("RGB", size, (110, 110, 110))
    seen, before = image_tokens(loaded, empty)
    tried = 0
    for grid in image_grids(loaded, seen):
        # Phi-4 has hundreds of cells, and takes its time.
        for row, column in some_cells(grid)[:: 4 if seen.n_tokens > 300 else 1]:
            where = spot(size, grid, row, column)
            if where is None:
                continue
            image = empty.copy()
            image.paste((255, 255, 255), where)
            _, after = image_tokens(loaded, image)
            changed = (after - before).norm(dim=-1)[list(grid.tokens)]
            assert divmod(int(changed.argmax()), grid.columns) == (row, column)
            tried += 1
    assert tried >= 4


@every_family
def test_every_token_of_an_image_is_in_one_grid_or_stands_for_no_place(
    still: Load, family: str
) -> None:
    loaded = still(family)
    for image in [*pictures(), *(Image.new("RGB", size) for size in SHAPES)]:
        seen = see_image(loaded, image, "image")
        ids = loaded.tokenizer(seen.words, add_special_tokens=False)["input_ids"]
        grids = image_grids(loaded, seen)
        tokens = [token for grid in grids for token in grid.tokens]
        ends = (
            sum(grid.rows for grid in grids) + 1 if family == "phi4_multimodal" else 0
        )  # a token ends each line, one is between the views
        assert len(tokens) == len(set(tokens)) == ids.count(loaded.image_token_id) - ends
        assert set(tokens) <= set(range(seen.n_tokens))
        for grid in grids:
            assert len(grid.tokens) == grid.rows * grid.columns


def test_a_family_that_crops_says_what_it_does_not_see(still: Load) -> None:
    (grid,) = image_grids(
        still("llava"), see_image(still("llava"), Image.new("RGB", (400, 200)), "image")
    )
    assert grid.box == pytest.approx((0.25, 0.0, 0.75, 1.0))


def test_a_family_that_puts_borders_around_has_cells_outside_the_image(still: Load) -> None:
    (grid,) = image_grids(
        still("deepseek_vl"), see_image(still("deepseek_vl"), Image.new("RGB", (200, 400)), "image")
    )
    assert grid.box == (-0.5, 0.0, 1.5, 1.0)


@pytest.mark.parametrize(
    ("family", "size", "shapes"),
    [
        ("idefics3", (480, 360), [(8, 8), (4, 4)]),
        ("smolvlm", (930, 310), [(4, 8), (4, 4)]),
        ("internvl", (300, 900), [(6, 2), (2, 2)]),
        ("internvl", (50, 50), [(2, 2)]),
        ("qwen2_5_vl", (120, 160), [(6, 4)]),
        ("gemma4", (160, 120), [(7, 9)]),
    ],
)
def test_grids_have_the_shape_of_the_image(
    still: Load, family: str, size: tuple[int, int], shapes: list[tuple[int, int]]
) -> None:
    loaded = still(family)
    grids = image_grids(loaded, see_image(loaded, Image.new("RGB", size), "image"))
    assert [(grid.rows, grid.columns) for grid in grids] == shapes


def test_an_image_that_is_not_cut_into_crops_has_one_grid(tiny: Callable[[str], Path]) -> None:
    loaded = loaded_from(tiny("idefics3"), processor={"do_image_splitting": False})
    (grid,) = image_grids(loaded, see_image(loaded, Image.new("RGB", (400, 200)), "image"))
    assert (grid.rows, grid.columns, grid.box) == (4, 4, (0.0, 0.0, 1.0, 1.0))
    loaded = loaded_from(tiny("internvl"), processor={"crop_to_patches": False})
    (grid,) = image_grids(loaded, see_image(loaded, Image.new("RGB", (400, 200)), "image"))
    assert (grid.rows, grid.columns, grid.box) == (2, 2, (0.0, 0.0, 1.0, 1.0))


@pytest.mark.parametrize("size", [(900, 300), (300, 750)])
def test_crops_of_gemma_3_lie_where_they_were_taken(
    tiny: Callable[[str], Path], size: tuple[int, int]
) -> None:
    loaded = without_mixing(
        loaded_from(
            tiny("gemma3"),
            processor={
                "do_pan_and_scan": True,
                "pan_and_scan_min_crop_size": 20,
                "pan_and_scan_max_num_crops": 4,
                "pan_and_scan_min_ratio_to_activate": 1.2,
            },
        )
    )
    empty = Image.new("RGB", size, (110, 110, 110))
    seen, before = image_tokens(loaded, empty)
    grids = image_grids(loaded, seen)
    assert [grid.box == (0.0, 0.0, 1.0, 1.0) for grid in grids] == [False, False, False, True]
    for grid in grids:
        for row, column in some_cells(grid):
            image = empty.copy()
            where = spot(size, grid, row, column)
            assert where is not None
            image.paste((255, 255, 255), where)
            _, after = image_tokens(loaded, image)
            changed = (after - before).norm(dim=-1)[list(grid.tokens)]
            assert divmod(int(changed.argmax()), grid.columns) == (row, column)


def test_a_class_token_before_the_patches_stands_for_no_place(still: Load) -> None:
    loaded = still("llava")
    seen = see_image(loaded, Image.new("RGB", (112, 112)), "image")
    seen = replace(seen, n_tokens=seen.n_tokens + 1)
    (grid,) = image_grids(loaded, seen)
    assert grid.tokens == tuple(range(1, 65))


def test_a_family_whose_geometry_is_not_known_has_no_grids(still: Load) -> None:
    loaded = still("llava")
    seen = see_image(loaded, Image.new("RGB", (112, 112)), "image")
    unknown = loaded.family.model_copy(update={"grid": None})
    assert image_grids(replace(loaded, family=unknown), seen) == ()
