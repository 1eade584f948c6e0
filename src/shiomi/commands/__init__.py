"""What the command line does: each command one function that imports what it needs when it runs."""
