"""Why a model answered as it did: attention, occlusion, reasoning traces. Empty yet."""
