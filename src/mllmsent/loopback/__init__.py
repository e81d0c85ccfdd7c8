"""A server that speaks the providers' protocols on this machine only, with faults as switches.

Tests and benchmarks ask it instead of a provider, and the offline quickstart is answered by it:

    with serve(ConstantAnswerer("positive"), faults=Faults(rate_limit=0.1)) as server:
        client = AsyncOpenAI(base_url=server.url, api_key="none")
        other = AsyncAnthropic(base_url=server.anthropic_url, api_key="none")
"""

from mllmsent.loopback.answerer import Answerer, ConstantAnswerer, Reply
from mllmsent.loopback.batches.rules import BatchRules
from mllmsent.loopback.faults import FAULT_KINDS, FaultKind, Faults
from mllmsent.loopback.request_log import LoggedRequest, RequestLog, content_key, read_log
from mllmsent.loopback.server import LoopbackServer, serve, spawn

__all__ = [
    "FAULT_KINDS",
    "Answerer",
    "BatchRules",
    "ConstantAnswerer",
    "FaultKind",
    "Faults",
    "LoggedRequest",
    "LoopbackServer",
    "Reply",
    "RequestLog",
    "content_key",
    "read_log",
    "serve",
    "spawn",
]
