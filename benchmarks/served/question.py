"""What everybody asks, and what the test server answers."""

QUESTION = "Which sentiment does this image evoke: negative, neutral or positive?"
ANSWER = "neutral"
LONGEST_ANSWER = 512
"""Tokens."""
