"""INGEST: the append-only event log and the consumers that read it."""
