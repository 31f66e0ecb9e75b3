"""`python -m archenc`: the command of the same name, where scripts are not on the path."""

from archenc.cli.app import main

if __name__ == "__main__":
    main()
