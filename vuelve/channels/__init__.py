"""SAY: templates, messages, sending policy, dispatcher, providers."""
