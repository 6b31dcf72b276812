"""Carrying out workplans on a cluster of machines: parts of a plan, each at a worker."""
