"""Iterative solvers on top of the equations: Migdal-Eliashberg theory of the superconducting state."""
