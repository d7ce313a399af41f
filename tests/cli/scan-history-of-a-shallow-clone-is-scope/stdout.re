^PASS  shallow  
scope .*shallow
^INCOMPLETE  shallow
^exit 3
