"""The ground floor: vectors, activations, the tile product and the recurrence over time."""
