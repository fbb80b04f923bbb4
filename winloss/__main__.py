"""`python -m winloss` is the command `winloss`."""

from winloss.cli import main

if __name__ == "__main__":
    main(prog_name="winloss")
