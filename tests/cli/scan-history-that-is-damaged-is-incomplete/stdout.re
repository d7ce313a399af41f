^PASS  \.
^INCOMPLETE  \.
files that trees name and that are not here
