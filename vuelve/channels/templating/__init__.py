"""Template sources: Liquid and MJML, checked and bounded. Knows nothing of messages, customers or the database."""
