"""How a sequence is chosen by the probabilities of what comes next; knows no network."""
