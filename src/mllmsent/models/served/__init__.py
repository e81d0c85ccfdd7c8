"""Models behind a server, in the cloud or next door: one way to ask, one wire per protocol."""
