"""What each demo computes, from parameters that bound its work."""
