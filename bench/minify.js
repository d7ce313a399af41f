// minify.js TOOLS: "IN OUT HOW" a line on stdin; one process for all, because starting costs more
'use strict';
const fs = require('fs'), path = require('path'), modules = path.join(process.argv[2], 'node_modules');
const terser = require(path.join(modules, 'terser')), uglify = require(path.join(modules, 'uglify-js'));
const swc = require(path.join(modules, '@swc/core'));
const how = {
	terser: async text => (await terser.minify(text, {compress: true, mangle: true})).code,
	'terser-mangleprops': async text =>
		(await terser.minify(text, {compress: true, mangle: {properties: true}})).code,
	uglify: async text => uglify.minify(text).code,
	swc: async text => swc.minifySync(text, {compress: true, mangle: true, module: false}).code,
};
(async () => {
	for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
		const [from, to, name] = line.split('\t');
		try {
			const code = await how[name](fs.readFileSync(from, 'utf8'));
			if (!code) throw new Error('nothing came out');
			fs.writeFileSync(to, code);
		} catch (error) {
			console.error(`${to}: ${error.message}`);
		}
	}
})();
