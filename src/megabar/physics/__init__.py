"""Equations: pure functions of arrays on numpy and scipy, one topic a module."""
