"""What reviewers say of words, and how the flow follows it."""
