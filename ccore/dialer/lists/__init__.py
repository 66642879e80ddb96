"""Lists of contacts: files of them on their way in, what is in them, and whom nobody is to call."""
