"""One module a task. A new file here is a new task: nothing else needs to know of it."""
