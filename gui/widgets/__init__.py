"""Small widgets that know nothing of signals."""
