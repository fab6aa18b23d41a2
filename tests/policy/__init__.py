"""Who may take out what, how often, from where: an app with a model of which columns are guarded."""
