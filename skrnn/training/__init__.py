"""Training of a flat vector of parameters; knows no cell."""
