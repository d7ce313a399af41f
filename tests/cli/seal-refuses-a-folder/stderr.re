folder is a folder; only a package has exact bytes
