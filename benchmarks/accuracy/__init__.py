"""How good the recommendations are: simulated companies whose truth is known."""
