"""Versions: freezing, identifiers, citation, withdrawal."""
