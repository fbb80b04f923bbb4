"""`python -m icp` is the command `icp`."""

from icp.cli import main

if __name__ == "__main__":
    main(prog_name="icp")
