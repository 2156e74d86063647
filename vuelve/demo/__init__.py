"""The demo: a real retailer's year of orders, the built-in journeys, and a seeded simulator for what the data lacks."""
