^fix: left out package/\.env \(debris\)$
^fix: cut in package/dist/b\.js \(source-map\)$
^fix: left out package/dist/index\.js\.map \(source-map\)$
^fix: 2 sourceMappingURL comments
\*\.map in \.npmignore
