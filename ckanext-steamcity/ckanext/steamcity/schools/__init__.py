"""Schools and classes, the life cycle of an experiment, review and the publication gate."""
