"""Short programs that use the package on known data; each is run by the tests."""
