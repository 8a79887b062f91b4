"""OGC SensorThings API 1.1, for reading. `grammar`, `expressions`, `entities`, `shapes` and `statements` are pure."""
