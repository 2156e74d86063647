"""The demo: a real retailer's year of orders, with the people made up by a seeded simulator."""
