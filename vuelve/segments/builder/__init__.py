"""The form in which people put a condition together: drafts, what a leaf asks for, what is suggested."""
