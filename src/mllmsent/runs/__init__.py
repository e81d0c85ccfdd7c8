"""Runs: a study is planned, asked, read, and kept in a folder that can be moved and continued."""
