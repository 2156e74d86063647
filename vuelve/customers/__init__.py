"""KNOW: identities and merges, traits, consent."""
