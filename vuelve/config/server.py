"""What granian serves: Django behind what reads bodies. `wsgi.py` is for other servers."""

from vuelve.config.wsgi import application as wsgi
from vuelve.platform import env
from vuelve.platform.http import MachinesBeforeDjango
from vuelve.platform.serving import Application

application = Application(MachinesBeforeDjango(wsgi), threads=env.get("VUELVE_WEB_THREADS"))
