"""Multimodal LLMs on this machine: one backend on transformers for every family of them."""
