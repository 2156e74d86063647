"""Texts of Django's own that our catalogues say anew: its Spanish says "usted", ours says "tú".

Nothing imports this; it tells the extraction that they are in use.
"""

from django.utils.translation import gettext_noop

gettext_noop("This field is required.")
gettext_noop("Enter a valid email address.")
gettext_noop("Enter a valid value.")
gettext_noop("Enter a valid URL.")
gettext_noop("Enter a whole number.")
gettext_noop("Enter a number.")
gettext_noop("Enter a valid date.")
gettext_noop("Select a valid choice. %(value)s is not one of the available choices.")
