# Read by type checkers only, never installed: without it they take the `ckanext` of the libraries for the whole of it.
