^PASS  \.
scope .*large file storage
scope .*submodules
^INCOMPLETE  \.
