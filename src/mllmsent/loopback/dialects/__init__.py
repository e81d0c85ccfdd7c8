"""The protocols that the loopback server speaks."""

from mllmsent.loopback.dialects.anthropic_messages import ANTHROPIC_MESSAGES
from mllmsent.loopback.dialects.google_generate import GOOGLE_GENERATE
from mllmsent.loopback.dialects.openai_chat import OPENAI_CHAT
from mllmsent.loopback.dialects.openai_responses import OPENAI_RESPONSES

__all__ = ["DIALECTS"]

DIALECTS = (OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES, GOOGLE_GENERATE)
"""All of them; the first one's provider answers where no other's address begins."""
