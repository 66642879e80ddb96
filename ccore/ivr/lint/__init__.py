"""What is wrong with an operator's menus, before a caller meets it: a file for each kind of fault."""
