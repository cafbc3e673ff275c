"""Recipes that write complete synthetic experiments, marked as simulated, the truth aside."""
