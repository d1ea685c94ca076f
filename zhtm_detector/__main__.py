"""`python -m zhtm_detector`: the `zhtm` command."""

from zhtm_detector.cli.process import main

if __name__ == "__main__":
    main()
