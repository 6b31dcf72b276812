"""Running a workplan: the executor, what it tells on the way, what it leaves as results."""
