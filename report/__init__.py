"""HTML pages of tables and pictures, and the page about one run."""
