"""Areas, cells and the search for places."""
