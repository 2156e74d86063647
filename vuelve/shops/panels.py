from django.utils.translation import gettext_lazy as _

from vuelve.platform.extension import NavItem

OVERVIEW = NavItem(label=_("Overview"), url_name="overview", icon="home", order=0)
DATA = NavItem(label=_("Data"), url_name="data", icon="circle-stack", order=120)
SETTINGS = NavItem(label=_("Settings"), url_name="settings", icon="cog-6-tooth", order=200)
