"""Data of the project: dataset schemas, presets, protocol templates, clusters, units, observed properties, licences.

No code lives here. Anybody may read it, through ``importlib.resources.files("ckanext.steamcity.schemas")``.
"""
