"""ORDERS: catalogue, orders, shipments, coupons."""
