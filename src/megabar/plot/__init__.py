"""Results to figures; the only floor that loads plotting libraries."""
