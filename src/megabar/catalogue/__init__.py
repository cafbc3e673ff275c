"""Published superconductors under pressure: one small file each, with source, evidence and status."""
