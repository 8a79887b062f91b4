"""Actions of the harvester plugin and who may call them."""
