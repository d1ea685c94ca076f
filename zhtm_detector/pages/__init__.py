"""Pages of pictures and tables: one HTML file each, that holds all it needs and is read offline."""
