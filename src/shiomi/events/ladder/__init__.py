"""The ladder: why a finding is shown apart, one file a step. See docs/ladder.md."""
