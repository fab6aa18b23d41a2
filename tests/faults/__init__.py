"""Every fault at every place of a download, on real servers: the file is right, or its client can tell."""
