"""Harvesters: what fetches data for the portal. The folder `feeds` knows no CKAN."""
