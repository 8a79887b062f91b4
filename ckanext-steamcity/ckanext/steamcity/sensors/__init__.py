"""Stations and observations: where sensors stand and what they measured."""
