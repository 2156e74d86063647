"""A shop to try things in: filled with made-up customers by a button, emptied by another, and nothing ever leaves it."""
