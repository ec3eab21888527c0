"""What the user passes, checked and converted."""
