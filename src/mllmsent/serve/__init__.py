"""The web app and the JSON API over runs. Empty yet."""
