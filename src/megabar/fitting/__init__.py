"""Arrays and a model in, numbers with errors out."""
