"""What pages are made of: formats, periods, paging, downloads, and the data of the components.

The templates are in `templates/platform/ui/`, the tags in `templatetags/ui.py`; `/s/<shop>/ui` shows them all.
"""
