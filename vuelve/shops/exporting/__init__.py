"""Whole tables as files: CSV for spreadsheets, Parquet for everything else. What there is, `exports.py` of the packages say."""
