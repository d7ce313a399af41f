^PASS
package/dist/index\.js
package/package\.json
2001-09-09 01:46 package/dist/b.js
^console.log\(1\);$
^console.log\(2\);$
sourceMappingURL=elsewhere
^out.tgz: GOOD$
!\.env
!\.map$
!data:
