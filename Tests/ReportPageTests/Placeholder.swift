// Placeholder: delete when the target has a file of its own.
