"""Transformers as text classifiers: frozen, fine-tuned, with an adapter, or asked zero-shot."""

__all__: list[str] = []
