"""A simulated signal, made block by block: montages, sources, and tasks that leave a trace."""
