"""Anthropic's Messages protocol and its batches."""
