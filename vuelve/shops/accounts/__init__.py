"""How members get in, and what they keep of it: password, second factors, passkeys, providers, sessions."""
