"""The site as a WSGI application: `gunicorn wsgi:application` with CKAN_INI naming the configuration."""

import os

from bodies import LimitedBodies
from ckan.cli import load_config
from ckan.config.middleware import make_app

application = LimitedBodies(make_app(load_config(os.environ["CKAN_INI"])))
