"""Word tables of a horizon -> events: the trend table, the leaderboard, and explanations for people. Pure."""
