"""The viewer: one page that scrubs a recorded run and runs demos, served on this machine or written as a file."""
