"""Results to one self-contained page, tables and machine-readable files."""
