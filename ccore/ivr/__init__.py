"""IVR: menus as data, and the walk of a caller through them."""
