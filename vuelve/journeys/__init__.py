"""WHEN: immutable graph versions and set-based runs."""
