"""Verdicts of reviewers on words, and what follows from them for announcements."""
