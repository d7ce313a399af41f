stopwater: out.tar was not written: package/dist/data.map is what package.json exports: without it the package would not work
