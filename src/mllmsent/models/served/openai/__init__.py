"""OpenAI's protocols, chat and responses, and their batches."""
