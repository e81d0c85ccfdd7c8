"""How a scene is drawn: one file per kind of thing, all through a `Sketch`."""
