"""E-mail through any SMTP server: VUELVE_SMTP_URL."""
