"""Findings -> events: the rules, announced words and their stories, the leaderboard and explanations. Pure."""
