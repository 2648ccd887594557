"""Every state of the model, searched three ways that must agree."""
