"""Parts that run forward and backward, and what is made of them."""
