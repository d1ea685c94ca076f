"""Several results folders beside each other, and how sure their differences are."""
