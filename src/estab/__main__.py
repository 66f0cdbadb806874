"""`python -m estab` is the command `estab`."""

from estab.cli.main import main

if __name__ == "__main__":
    main()
