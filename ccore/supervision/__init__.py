"""What supervisors do with other people's calls: listen, speak in, take over, move, and set agents' states."""
