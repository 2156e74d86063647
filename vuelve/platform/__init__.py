"""What every package stands on: clock, ids, money, database, errors, limits. No business nouns."""
