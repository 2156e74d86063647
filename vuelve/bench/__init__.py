"""Repeatable benchmarks against PostgreSQL's own limit, in one run."""
