"""What effectiveness is made of: each structure a module, each module one name."""
