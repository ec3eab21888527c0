"""What a pass through a network needs: rows, buffers, threads."""
