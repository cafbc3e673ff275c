"""`python -m megabar` is the command `megabar`."""

from megabar.cli.main import main

if __name__ == "__main__":
    main()
