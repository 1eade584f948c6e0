"""Events: stored with every revision, chosen, exported, put into words."""
