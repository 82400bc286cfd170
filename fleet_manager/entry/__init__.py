"""Where everything meets: settings, the parts list, the runner and the command line."""
