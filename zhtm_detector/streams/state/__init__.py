"""What a stream was, kept in a folder: a kill at any moment leaves a state that goes on."""
