"""The widget's built file; its source is in web/widget."""
