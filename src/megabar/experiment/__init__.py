"""The experiment file, the table of measurement kinds and the pipeline of a folder."""
