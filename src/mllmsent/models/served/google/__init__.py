"""Google's Gemini protocol and its batches."""
