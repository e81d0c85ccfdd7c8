"""Tiny checkpoints of every family, with random weights and real processors, written to a folder.

They go through the very code that loads a model of eight billion parameters. What they say means
nothing; how it comes about (positions, masks, caches, batches) is what the tests hold on to. So that
an error there is seen, the weights are large enough for every input to matter: with the 0.02 that
models are initialized with, all answers would be nearly equally likely whatever goes in.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from tests.models.local.tiny_words import (
    CHATML,
    CORPUS,
    GEMMA,
    QWEN,
    chatml_template,
    gemma_template,
    make_tokenizer,
)
from tests.models.local.torchvision_ops import HAS_TORCHVISION

from mllmsent.models.local.processors import no_video_processor, video_placeholder

__all__ = [
    "CHATML",
    "CORPUS",
    "FAMILIES",
    "FAMILY_NAMES",
    "NEEDS_TORCHVISION",
    "Tiny",
    "build",
    "make_tokenizer",
    "pictures",
    "sharpen",
]

# Its classes are made from options by name, which no type tells.
transformers: Any = importlib.import_module("transformers")

TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
}
VISION: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}

Parts = tuple[Any, Any]  # processor, model
Tiny = Callable[[str], Path]  # the fixture `tiny`: family to folder


def _ids(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _top_ids(tokenizer: Any) -> dict[str, Any]:
    return {key: value for key, value in _ids(tokenizer).items() if key != "vocab_size"}


def _image_processor(name: str, **options: Any) -> Any:
    backend = "" if HAS_TORCHVISION else "Pil"
    return getattr(transformers, f"{name}ImageProcessor{backend}")(**options)


def _video_processor(name: str, **options: Any) -> Any:
    if HAS_TORCHVISION:
        return getattr(transformers, f"{name}VideoProcessor")(**options)
    return no_video_processor()


def deepseek_vl() -> Parts:
    tokenizer = make_tokenizer(CHATML | {"image_token": "<image_placeholder>"}, "<|im_start|>")
    processor = transformers.DeepseekVLProcessor(
        image_processor=_image_processor("DeepseekVL", size={"height": 96, "width": 96}),
        tokenizer=tokenizer,
        num_image_tokens=36,
        chat_template=chatml_template("<image_placeholder>"),
    )
    config = transformers.DeepseekVLConfig(
        text_config={"model_type": "llama", **TEXT, **_ids(tokenizer)},
        vision_config={
            "model_type": "siglip_vision_model",
            "image_size": 96,
            "patch_size": 16,
            "vision_use_head": False,
            **VISION,
        },
        image_token_id=tokenizer.image_token_id,
        tie_word_embeddings=False,
    )
    return processor, transformers.DeepseekVLForConditionalGeneration(config)


def deepseek_vl_hybrid() -> Parts:
    tokenizer = make_tokenizer(CHATML | {"image_token": "<image_placeholder>"}, "<|im_start|>")
    processor = transformers.DeepseekVLHybridProcessor(
        image_processor=_image_processor(
            "DeepseekVLHybrid",
            size={"height": 96, "width": 96},
            high_res_size={"height": 128, "width": 128},
        ),
        tokenizer=tokenizer,
        num_image_tokens=36,
        chat_template=chatml_template("<image_placeholder>"),
    )
    config = transformers.DeepseekVLHybridConfig(
        text_config={"model_type": "llama", **TEXT, **_ids(tokenizer)},
        vision_config={
            "model_type": "siglip_vision_model",
            "image_size": 96,
            "patch_size": 16,
            "vision_use_head": False,
            **VISION,
        },
        high_res_vision_config={
            "model_type": "sam_vision_model",
            "image_size": 128,
            "patch_size": 16,
            "hidden_size": 32,
            "output_channels": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "mlp_dim": 64,
            "window_size": 4,
            "global_attn_indexes": [1],
            "num_pos_feats": 16,
        },
        image_token_id=tokenizer.image_token_id,
        tie_word_embeddings=False,
    )
    return processor, transformers.DeepseekVLHybridForConditionalGeneration(config)


def gemma3() -> Parts:
    tokenizer = make_tokenizer(
        {
            **GEMMA,
            "boi_token": "<start_of_image>",
            "eoi_token": "<end_of_image>",
            "image_token": "<image_soft_token>",
        },
        "<start_of_turn>",
        "<end_of_turn>",
    )
    processor = transformers.Gemma3Processor(
        image_processor=_image_processor("Gemma3", size={"height": 112, "width": 112}),
        tokenizer=tokenizer,
        image_seq_length=16,  # 8 x 8 patches, pooled to 4 x 4
        chat_template=gemma_template("<start_of_image>"),
    )
    config = transformers.Gemma3Config(
        text_config={
            **TEXT,
            "head_dim": 8,
            "query_pre_attn_scalar": 8,
            "sliding_window": 32,
            "layer_types": ["sliding_attention", "full_attention"],
            **_ids(tokenizer),
        },
        vision_config={
            "model_type": "siglip_vision_model",
            "image_size": 112,
            "patch_size": 14,
            "vision_use_head": False,
            **VISION,
        },
        mm_tokens_per_image=16,
        boi_token_index=tokenizer.boi_token_id,
        eoi_token_index=tokenizer.eoi_token_id,
        image_token_index=tokenizer.image_token_id,
        **_top_ids(tokenizer),
    )
    return processor, transformers.Gemma3ForConditionalGeneration(config)


def gemma4() -> Parts:
    tokenizer = make_tokenizer(
        {
            **GEMMA,
            "boi_token": "<|image>",
            "eoi_token": "<image|>",
            "image_token": "<|image|>",
            "boa_token": "<|audio>",
            "eoa_token": "<audio|>",
            "audio_token": "<|audio|>",
        },
        "<|video|>",
        "<start_of_turn>",
        "<end_of_turn>",
    )
    processor = transformers.Gemma4Processor(
        feature_extractor=transformers.Gemma4AudioFeatureExtractor(),
        image_processor=_image_processor(
            "Gemma4", patch_size=16, pooling_kernel_size=3, max_soft_tokens=70
        ),
        tokenizer=tokenizer,
        video_processor=_video_processor("Gemma4"),
        image_seq_length=70,
        chat_template=gemma_template("<|image|>"),
    )
    config = transformers.Gemma4Config(
        text_config={
            **TEXT,
            "head_dim": 8,
            "global_head_dim": 8,
            "sliding_window": 64,
            "layer_types": ["sliding_attention", "full_attention"],
            "hidden_size_per_layer_input": 8,
            "vocab_size_per_layer_input": len(tokenizer),
            **_ids(tokenizer),
        },
        vision_config={
            "num_key_value_heads": 4,
            "head_dim": 8,
            "patch_size": 16,
            "pooling_kernel_size": 3,
            "position_embedding_size": 256,
            **VISION,
        },
        audio_config=None,
        boi_token_id=tokenizer.boi_token_id,
        eoi_token_id=tokenizer.eoi_token_id,
        image_token_id=tokenizer.image_token_id,
        boa_token_id=tokenizer.boa_token_id,
        eoa_token_index=tokenizer.eoa_token_id,
        audio_token_id=tokenizer.audio_token_id,
        video_token_id=tokenizer.convert_tokens_to_ids("<|video|>"),
        **_top_ids(tokenizer),
    )
    return processor, transformers.Gemma4ForConditionalGeneration(config)


def idefics3(kind: str = "Idefics3") -> Parts:
    tokenizer = make_tokenizer(
        {
            **CHATML,
            "image_token": "<image>",
            "fake_image_token": "<fake_token_around_image>",
            "end_of_utterance_token": "<end_of_utterance>",
            "global_image_token": "<global-img>",
        },
        "<|im_start|>",
        *(f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)),
    )
    parts = {
        "image_processor": _image_processor(
            kind,
            size={"longest_edge": 256},
            max_image_size={"longest_edge": 128},
            do_image_splitting=True,
        ),
        "tokenizer": tokenizer,
        "image_seq_len": 16,  # 8 x 8 patches, shuffled to 4 x 4, in each crop
        "chat_template": chatml_template("<image>"),
    }
    if kind == "SmolVLM":
        parts["video_processor"] = _video_processor(
            kind, size={"longest_edge": 128}, max_image_size={"longest_edge": 128}
        )
    config = getattr(transformers, f"{kind}Config")(
        text_config={"model_type": "llama", **TEXT, **_ids(tokenizer)},
        vision_config={"image_size": 128, "patch_size": 16, **VISION},
        scale_factor=2,
        image_token_id=tokenizer.image_token_id,
        **_top_ids(tokenizer),
    )
    processor = getattr(transformers, f"{kind}Processor")(**parts)
    return processor, getattr(transformers, f"{kind}ForConditionalGeneration")(config)


def internvl() -> Parts:
    tokenizer = make_tokenizer(
        {
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": "<IMG_CONTEXT>",
            "video_token": "<video>",
        },
        "<|im_start|>",
    )
    processor = transformers.InternVLProcessor(
        image_processor=_image_processor(
            "GotOcr2",
            size={"height": 56, "width": 56},
            crop_to_patches=True,
            min_patches=1,
            max_patches=4,
        ),
        tokenizer=tokenizer,
        video_processor=_video_processor("InternVL", size={"height": 56, "width": 56}),
        image_seq_length=4,  # 4 x 4 patches, shuffled to 2 x 2, in each crop
        chat_template=chatml_template("<IMG_CONTEXT>"),
    )
    config = transformers.InternVLConfig(
        text_config={"model_type": "qwen2", **TEXT, **_ids(tokenizer)},
        vision_config={"image_size": [56, 56], "patch_size": [14, 14], **VISION},
        image_token_id=tokenizer.context_image_token_id,
        image_seq_length=4,
        tie_word_embeddings=False,
    )
    return processor, transformers.InternVLForConditionalGeneration(config)


def llava(width: int = 32) -> Parts:
    tokenizer = make_tokenizer(CHATML | {"image_token": "<image>"}, "<|im_start|>")
    processor = transformers.LlavaProcessor(
        image_processor=_image_processor(
            "CLIP", size={"shortest_edge": 112}, crop_size={"height": 112, "width": 112}
        ),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,  # CLIP's class token, which "default" leaves out
        chat_template=chatml_template("<image>"),
    )
    config = transformers.LlavaConfig(
        text_config={"model_type": "llama", **TEXT, **_ids(tokenizer), "hidden_size": width},
        vision_config={
            "model_type": "clip_vision_model",
            "image_size": 112,
            "patch_size": 14,
            "projection_dim": 32,
            **VISION,
            "hidden_size": width,
        },
        image_token_index=tokenizer.image_token_id,
        image_seq_length=64,
        vision_feature_layer=-2,
        vision_feature_select_strategy="default",
    )
    return processor, transformers.LlavaForConditionalGeneration(config)


def phi4_multimodal() -> Parts:
    tokenizer = make_tokenizer(
        CHATML | {"image_token": "<|image|>", "audio_token": "<|audio|>"}, "<|im_start|>"
    )
    # The processor counts 256 tokens for a crop whatever its size: so many come of 448 pixels.
    processor = transformers.Phi4MultimodalProcessor(
        image_processor=transformers.Phi4MultimodalImageProcessor(
            size={"height": 448, "width": 448}, patch_size=14, dynamic_hd=2
        ),
        audio_processor=transformers.Phi4MultimodalFeatureExtractor(),
        tokenizer=tokenizer,
        chat_template=chatml_template("<|image|>"),
    )
    config = transformers.Phi4MultimodalConfig(
        **TEXT,
        **_ids(tokenizer),
        vision_config={
            "image_size": 448,
            "crop_size": 448,
            "patch_size": 14,
            "image_token_id": tokenizer.image_token_id,
            **VISION,
            "num_attention_heads": 1,  # 1024 patches of each crop attend to each other, eagerly
        },
        audio_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_blocks": 2,
            "num_attention_heads": 4,
            "ext_pw_out_channel": 32,
            "depthwise_separable_out_channel": 32,
            "nemo_conv_channels": 32,
            "audio_token_id": tokenizer.audio_token_id,
        },
    )
    return processor, transformers.Phi4MultimodalForCausalLM(config)


def _qwen(kind: str, patch: int, text: dict[str, Any], vision: dict[str, Any]) -> Parts:
    tokenizer = make_tokenizer(QWEN, "<|im_start|>")
    video = "Qwen2VL" if kind == "Qwen2_5_VL" else "Qwen3VL"
    processor = getattr(transformers, f"{'Qwen3VL' if kind == 'Qwen3_5' else kind}Processor")(
        image_processor=_image_processor(
            "Qwen2VL",
            patch_size=patch,
            size={"shortest_edge": (4 * patch) ** 2, "longest_edge": (12 * patch) ** 2},
        ),
        tokenizer=tokenizer,
        video_processor=_video_processor(video),
        chat_template=chatml_template("<|vision_start|><|image_pad|><|vision_end|>"),
    )
    config = getattr(transformers, f"{kind}Config")(
        text_config={**TEXT, **_ids(tokenizer), **text},
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 4,
            "patch_size": patch,
            "out_hidden_size": 32,
            **vision,
        },
        image_token_id=tokenizer.image_token_id,
        video_token_id=tokenizer.video_token_id,
        vision_start_token_id=tokenizer.vision_start_token_id,
        vision_end_token_id=tokenizer.vision_end_token_id,
    )
    return processor, getattr(transformers, f"{kind}ForConditionalGeneration")(config)


def qwen2_5_vl() -> Parts:
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]}
    return _qwen(
        "Qwen2_5_VL",
        14,
        {"rope_parameters": rope},
        {"window_size": 56, "fullatt_block_indexes": [1]},
    )


def qwen3_vl() -> Parts:
    rope = {
        "rope_type": "default",
        "rope_theta": 5e5,
        "mrope_section": [2, 3, 3],
        "mrope_interleaved": True,
    }
    return _qwen(
        "Qwen3VL",
        16,
        {"rope_parameters": rope, "head_dim": 16},
        {"num_position_embeddings": 144, "deepstack_visual_indexes": [0]},
    )


def qwen3_5() -> Parts:
    """Tried as it is: a layer of linear attention keeps no keys and values, but what they came to."""
    rope = {
        "rope_type": "default",
        "rope_theta": 5e5,
        "mrope_section": [2, 3, 3],
        "mrope_interleaved": True,
        "partial_rotary_factor": 1.0,
    }
    text = {
        "rope_parameters": rope,
        "head_dim": 16,
        "layer_types": ["linear_attention", "full_attention"],
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "linear_key_head_dim": 8,
        "linear_value_head_dim": 8,
    }
    vision = {"num_position_embeddings": 144, "deepstack_visual_indexes": []}
    return _qwen("Qwen3_5", 16, text, vision)


def smolvlm() -> Parts:
    return idefics3("SmolVLM")


def llama() -> Parts:
    """A model of words alone: no study about images can ask it."""
    tokenizer = make_tokenizer(CHATML, "<|im_start|>")
    tokenizer.chat_template = chatml_template("")
    config = transformers.LlamaConfig(**TEXT, **_ids(tokenizer))
    return tokenizer, transformers.LlamaForCausalLM(config)


def llava_wide() -> Parts:
    """Wide enough for 4 bits: bitsandbytes on a processor wants rows of a whole block, 64."""
    return llava(width=64)


def llava_without_template() -> Parts:
    processor, model = llava()
    processor.chat_template = None
    return processor, model


_BUILDERS: dict[str, Callable[[], Parts]] = {
    builder.__name__: builder
    for builder in (
        deepseek_vl,
        deepseek_vl_hybrid,
        gemma3,
        gemma4,
        idefics3,
        internvl,
        llava,
        phi4_multimodal,
        qwen2_5_vl,
        qwen3_vl,
        qwen3_5,
        smolvlm,
        llama,
        llava_wide,
        llava_without_template,
    )
}
NEEDS_TORCHVISION = ("phi4_multimodal",)
_NO_FAMILIES = ("llama", "llava_", "qwen3_5")
FAMILY_NAMES = tuple(name for name in _BUILDERS if not name.startswith(_NO_FAMILIES))
# For `parametrize`: what needs torchvision is marked, and runs where there is one.
FAMILIES = tuple(
    pytest.param(name, marks=pytest.mark.torchvision) if name in NEEDS_TORCHVISION else name
    for name in FAMILY_NAMES
)


def build(name: str, folder: Path, *, seed: int = 0) -> None:
    """Write a family's checkpoint, or `llama`, `qwen3_5` or one of the other LLaVAs, to a folder."""
    with torch.random.fork_rng(), video_placeholder():
        torch.manual_seed(seed)
        processor, model = _BUILDERS[name]()
        sharpen(model)
        tokenizer: Any = getattr(processor, "tokenizer", None) or processor
        model.generation_config.update(
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=_ends(name, tokenizer),
        )
        model.save_pretrained(folder)
        processor.save_pretrained(folder)


def _ends(name: str, tokenizer: Any) -> int | list[int]:
    # As the models that people use have it: Gemma's turns end in a token that is not its eos, and
    # Qwen pads with one of the tokens that end.
    for family, others in {"gemma": "<end_of_turn>", "qwen": "<|endoftext|>"}.items():
        if name.startswith(family):
            return [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(others)]
    return int(tokenizer.eos_token_id)


def sharpen(model: Any) -> None:
    """Draw every weight matrix anew, as large as keeps a signal's size from layer to layer.

    Words are embedded small beside what the layers add, or a model whose head is its embedding
    would only say the last word again; such a head is made louder by the norm before it.
    """
    head = model.get_output_embeddings().weight
    embeddings = {
        id(module.weight) for module in model.modules() if isinstance(module, torch.nn.Embedding)
    }
    tied = id(head) in embeddings
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() < 2:
                continue
            if id(weight) in embeddings:
                weight.normal_(0.0, 0.05 if tied else 0.2)
            else:
                weight.normal_(0.0, (4.0 if weight is head else 1.5) / weight[0].numel() ** 0.5)
        if tied:
            model.get_decoder().norm.weight.fill_(12.0)


def pictures() -> list[Image.Image]:
    """Four images of four shapes, with something on them."""
    found = []
    for size, ground, figure in (
        ((160, 120), "navy", "white"),
        ((120, 160), "gold", "black"),
        ((128, 128), "white", "green"),
        ((200, 90), "darkred", "orange"),
    ):
        image = Image.new("RGB", size, ground)
        width, height = size
        box = (width // 4, height // 4, 3 * width // 4, 3 * height // 4)
        ImageDraw.Draw(image).ellipse(box, fill=figure)
        found.append(image)
    return found
