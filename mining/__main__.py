"""``python -m mining``: the same as the command ``mining``."""

from mining.cli import main

main()
