"""One program over many cases: where they come from, and how they are carried out."""
