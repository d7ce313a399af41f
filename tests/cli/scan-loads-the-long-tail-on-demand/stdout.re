^PASS .*sample\.7z +1 file, 11 bytes, all examined
^PASS .*both\.tar +2 files, 22 bytes, all examined
