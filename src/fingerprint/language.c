/*
 * language.c - the table of languages, and which one a text is in
 *
 * Knows: how comments and strings look.  Does not know: grammars; what is between is tokens.
 */
#include "fingerprint/lexer.h"

#include "base/own.h"
#include "base/text.h"

#define C_COMMENTS .line = {"//"}, .open = {"/*"}, .close = {"*/"}
#define SCRIPT     LANGUAGE_SLASH_REGEX | LANGUAGE_TEMPLATE | LANGUAGE_CONTEXT

/* The first row is what nothing is known about. */
const struct language language_table[] = {
    {"generic", LANGUAGE_JOINED, C_COMMENTS, .extensions = {NULL}},
    {"javascript", SCRIPT, C_COMMENTS, .extensions = {"js", "mjs", "cjs", "jsx", "es6", "es"}},
    {"typescript", SCRIPT | LANGUAGE_TYPES, C_COMMENTS, .extensions = {"ts", "tsx", "mts", "cts"}},
    {"component", SCRIPT, .line = {"//"}, .open = {"/*", "<!--"}, .close = {"*/", "-->"},
     .extensions = {"vue", "svelte", "astro"}},
    {"c", LANGUAGE_CHAR_TICK | LANGUAGE_JOINED | LANGUAGE_INCLUDE | LANGUAGE_CPP_RAW, C_COMMENTS,
     .extensions = {"c", "h", "cc", "cpp", "cxx", "hpp", "hh", "hxx", "inc", "m", "mm", "ino"}},
    {"cuda", LANGUAGE_CHAR_TICK | LANGUAGE_JOINED | LANGUAGE_INCLUDE | LANGUAGE_CPP_RAW, C_COMMENTS,
     .extensions = {"cu", "cuh", "cl", "glsl", "hlsl", "metal", "vert", "frag", "comp", "wgsl"}},
    {"java", LANGUAGE_CHAR_TICK | LANGUAGE_TRIPLE, C_COMMENTS,
     .extensions = {"java", "groovy", "gradle", "scala", "sc"}},
    {"kotlin", LANGUAGE_CHAR_TICK | LANGUAGE_TRIPLE | LANGUAGE_NESTED, C_COMMENTS,
     .extensions = {"kt", "kts"}},
    {"csharp", LANGUAGE_CHAR_TICK | LANGUAGE_TRIPLE, C_COMMENTS,
     .extensions = {"cs", "csx", "fs", "fsx", "fsi"}},
    {"go", LANGUAGE_CHAR_TICK | LANGUAGE_RAW_TICK, C_COMMENTS, .extensions = {"go"}},
    {"rust", LANGUAGE_CHAR_TICK | LANGUAGE_NESTED | LANGUAGE_RUST_RAW, C_COMMENTS,
     .extensions = {"rs"}},
    {"swift", LANGUAGE_TRIPLE | LANGUAGE_NESTED | LANGUAGE_NO_SINGLE, C_COMMENTS,
     .extensions = {"swift"}},
    {"dart", LANGUAGE_TRIPLE | LANGUAGE_NESTED | LANGUAGE_JOINED, C_COMMENTS,
     .extensions = {"dart"}},
    {"zig", LANGUAGE_CHAR_TICK, .line = {"//"}, .extensions = {"zig"}},
    {"verilog", LANGUAGE_CHAR_TICK, C_COMMENTS, .extensions = {"v", "sv", "svh", "vh"}},
    {"proto", 0, C_COMMENTS, .extensions = {"proto", "thrift", "fbs", "capnp", "idl", "graphql"}},
    {"solidity", 0, C_COMMENTS, .extensions = {"sol", "move"}},
    {"python", LANGUAGE_TRIPLE | LANGUAGE_JOINED, .line = {"#"},
     .extensions = {"py", "pyi", "pyx", "pxd", "bzl", "star", "gn"}},
    {"ruby", LANGUAGE_SLASH_REGEX, .line = {"#"}, .open = {"\n=begin"}, .close = {"\n=end"},
     .extensions = {"rb", "rake", "gemspec", "cr"}},
    {"php", 0, .line = {"//", "#"}, .open = {"/*"}, .close = {"*/"},
     .extensions = {"php", "phtml", "php5", "inc.php"}},
    {"shell", LANGUAGE_JOINED, .line = {"#"},
     .extensions = {"sh", "bash", "zsh", "ksh", "fish", "env", "mk", "mak", "cmake", "am"}},
    {"powershell", LANGUAGE_DOUBLED, .line = {"#"}, .open = {"<#"}, .close = {"#>"},
     .extensions = {"ps1", "psm1", "psd1"}},
    {"batch", LANGUAGE_NO_SINGLE, .line = {"::"}, .extensions = {"bat", "cmd"}},
    {"lua", LANGUAGE_LONG, .line = {"--"}, .extensions = {"lua", "luau"}},
    {"perl", LANGUAGE_SLASH_REGEX, .line = {"#"}, .open = {"\n=pod"}, .close = {"\n=cut"},
     .extensions = {"pl", "pm", "t", "pod"}},
    {"sql", LANGUAGE_DOUBLED, .line = {"--"}, .open = {"/*"}, .close = {"*/"},
     .extensions = {"sql", "psql", "ddl", "pls", "pkb", "pks"}},
    {"haskell", LANGUAGE_NESTED | LANGUAGE_NO_SINGLE, .line = {"--"}, .open = {"{-"},
     .close = {"-}"}, .extensions = {"hs", "lhs", "elm", "purs", "agda"}},
    {"ml", LANGUAGE_NESTED | LANGUAGE_NO_SINGLE, .open = {"(*"}, .close = {"*)"},
     .extensions = {"ml", "mli", "sml"}},
    {"lisp", LANGUAGE_NO_SINGLE, .line = {";"}, .open = {"#|"}, .close = {"|#"},
     .extensions = {"lisp", "el", "scm", "clj", "cljs", "rkt", "cl"}},
    {"elixir", LANGUAGE_TRIPLE, .line = {"#"}, .extensions = {"ex", "exs"}},
    {"erlang", LANGUAGE_JOINED, .line = {"%"}, .extensions = {"erl", "hrl"}},
    {"r", 0, .line = {"#"}, .extensions = {"r", "jl", "nim"}},
    {"matlab", LANGUAGE_NO_SINGLE, .line = {"%"}, .extensions = {"mat", "octave"}},
    {"fortran", LANGUAGE_DOUBLED, .line = {"!"}, .extensions = {"f", "f90", "f95", "f03", "for"}},
    {"ada", LANGUAGE_DOUBLED | LANGUAGE_NO_SINGLE, .line = {"--"},
     .extensions = {"ada", "adb", "ads", "vhd", "vhdl"}},
    {"pascal", LANGUAGE_DOUBLED, .line = {"//"}, .open = {"{", "(*"}, .close = {"}", "*)"},
     .extensions = {"pas", "dpr", "pp"}},
    {"basic", LANGUAGE_DOUBLED | LANGUAGE_NO_SINGLE, .line = {"'"},
     .extensions = {"vb", "bas", "vbs", "frm"}},
    {"cobol", LANGUAGE_DOUBLED, .line = {"*>"}, .extensions = {"cob", "cbl", "cpy"}},
    {"assembler", 0, .line = {";", "#"}, .open = {"/*"}, .close = {"*/"},
     .extensions = {"asm", "s", "nasm"}},
    {"tcl", LANGUAGE_NO_SINGLE, .line = {"#"}, .extensions = {"tcl", "tk"}},
    {"terraform", LANGUAGE_NO_SINGLE, .line = {"#", "//"}, .open = {"/*"}, .close = {"*/"},
     .extensions = {"tf", "hcl", "tfvars", "nix"}},
    {"json", LANGUAGE_DATA | LANGUAGE_NO_SINGLE, C_COMMENTS,
     .extensions = {"json", "jsonl", "json5", "jsonc", "ipynb", "geojson", "map", "lock"}},
    {"yaml", LANGUAGE_DATA, .line = {"#"},
     .extensions = {"yaml", "yml", "toml", "ini", "cfg", "conf", "properties"}},
    {"css", LANGUAGE_DATA, C_COMMENTS, .extensions = {"css", "scss", "sass", "less", "styl"}},
    {"html", LANGUAGE_DATA, .open = {"<!--"}, .close = {"-->"},
     .extensions = {"html", "htm", "xhtml", "xml", "svg", "xsd", "xsl", "hbs", "ejs", "jsp",
		    "plist"}},
    {"prose", LANGUAGE_DATA | LANGUAGE_PLAIN,
     .extensions = {"md", "txt", "rst", "adoc", "tex", "org", "csv", "tsv", "log", "po", "mdx"}},
};

const size_t language_table_count = ARRAY_LEN(language_table);

const char *
language_name(const struct language *language)
{
	return language->name;
}

bool
language_is_data(const struct language *language)
{
	return (language->flags & LANGUAGE_DATA) != 0;
}

static const struct language *
by_name(const char *name)
{
	for (size_t i = 1; i < ARRAY_LEN(language_table); i++)
		if (strcmp(language_table[i].name, name) == 0)
			return &language_table[i];
	return &language_table[0];
}

static const struct language *
by_extension(struct bytes name)
{
	size_t dot = name.left;
	struct bytes extension;

	while (dot > 0 && name.at[dot - 1] != '.' && name.at[dot - 1] != '/')
		dot--;
	if (dot == 0 || name.at[dot - 1] != '.')
		return NULL;
	extension = bytes_slice(name, dot, name.left);
	for (size_t i = 1; i < ARRAY_LEN(language_table); i++)
		for (size_t e = 0; e < LANGUAGE_EXTENSIONS; e++)
			if (language_table[i].extensions[e] != NULL &&
			    text_equal_nocase(extension,
					      bytes_text(language_table[i].extensions[e])))
				return &language_table[i];
	return NULL;
}

/* Words that tell, each counted as often as it stands in the head. */
static const struct hint {
	const char *text, *language;
} hints[] = {
    {"function", "javascript"},
    {"const ", "javascript"},
    {"=>", "javascript"},
    {"var ", "javascript"},
    {"===", "javascript"},
    {"#include", "c"},
    {"->", "c"},
    {"static ", "c"},
    {"\ndef ", "python"},
    {"\nimport ", "python"},
    {"self.", "python"},
    {":\n    ", "python"},
    {"package main", "go"},
    {"\nfunc ", "go"},
    {"fn ", "rust"},
    {"::", "rust"},
    {"public class", "java"},
    {"import java", "java"},
};

static const struct language *
by_content(struct bytes head)
{
	static const struct {
		const char *begins, *language;
	} firsts[] = {
	    {"<?php", "php"},         {"<?xml", "html"},           {"<!DOCTYPE", "html"},
	    {"<!doctype", "html"},    {"<html", "html"},           {"#!/bin/sh", "shell"},
	    {"#!/bin/bash", "shell"}, {"#!/usr/bin/perl", "perl"}, {"{\"", "json"},
	    {"[{\"", "json"},
	};
	size_t best = 0;
	const struct language *answer = &language_table[0];

	for (size_t i = 0; i < ARRAY_LEN(firsts); i++)
		if (bytes_begins(head, bytes_text(firsts[i].begins)))
			return by_name(firsts[i].language);
	if (bytes_begins(head, BYTES_OF("#!"))) {
		struct bytes line = bytes_slice(head, 0, 64);

		if (bytes_find(line, BYTES_OF("python")) >= 0)
			return by_name("python");
		if (bytes_find(line, BYTES_OF("node")) >= 0)
			return by_name("javascript");
		if (bytes_find(line, BYTES_OF("ruby")) >= 0)
			return by_name("ruby");
		if (bytes_find(line, BYTES_OF("sh")) >= 0)
			return by_name("shell");
	}
	for (size_t i = 0; i < ARRAY_LEN(hints);) {
		const char *language = hints[i].language;
		size_t score = 0;

		for (; i < ARRAY_LEN(hints) && strcmp(hints[i].language, language) == 0; i++) {
			struct bytes rest = head;
			ptrdiff_t at;

			while ((at = bytes_find(rest, bytes_text(hints[i].text))) >= 0) {
				score++;
				(void)bytes_skip(&rest, (size_t)at + 1);
			}
		}
		if (score > best) {
			best = score;
			answer = by_name(language);
		}
	}
	return best >= 2 ? answer : &language_table[0];
}

const struct language *
language_of(struct bytes name, struct bytes head)
{
	const struct language *language = by_extension(name);

	/* A name is only a hint: `LICENSE.js` full of script is script, and so is a bundle that is
	 * called `bundle.txt`; prose has to look like prose. */
	if (language != NULL && (language->flags & LANGUAGE_PLAIN) == 0)
		return language;
	return language != NULL && by_content(bytes_slice(head, 0, 4096)) == &language_table[0]
		   ? language
		   : by_content(bytes_slice(head, 0, 4096));
}
