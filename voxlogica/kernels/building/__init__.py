"""How the kernels' library is built; nothing here is imported by a program that runs."""
