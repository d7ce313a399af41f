/*
 * fingerprint.c - one blob -> fingerprint
 *
 * Knows: which stages a text goes through.  Does not know: the register, what is worth protecting.
 */
#include "fingerprint/fingerprint.h"

#include "base/own.h"
#include "fingerprint/print.h"
#include "fingerprint/tables.h"

#define TOKENS_AT_ONCE 512

const char *
print_channel_name(enum print_kind kind)
{
	static const char *const names[PRINT_KIND_COUNT] = {
	    [PRINT_TEXT] = "text",   [PRINT_TOKEN] = "token", [PRINT_PAIR] = "atom",
	    [PRINT_HARD] = "atom",   [PRINT_SINGLE] = "atom", [PRINT_PLAIN] = "atom",
	    [PRINT_EXACT] = "exact",
	};

	return names[kind];
}

void
prints_free(struct prints *prints)
{
	free(prints->list);
	*prints = (struct prints)PRINTS_INIT;
}

void
prints_sieve(struct prints *prints)
{
	if (prints->sieve == NULL)
		return;
	prints->count = prints->sieved + prints->sieve->prints(prints->sieve->context,
							       prints->list + prints->sieved,
							       prints->count - prints->sieved);
	prints->sieved = prints->count;
}

/* 48 KB: with a sieve it stays there, near the processor. */
#define PRINTS_FIRST 2048

int
prints_grow(struct prints *prints)
{
	size_t room = prints->room == 0 ? PRINTS_FIRST : prints->room * 2;
	struct print *list;

	prints_sieve(prints);
	if (prints->count < prints->room / 2)
		return 0;
	if (room > SIZE_MAX / sizeof(*list))
		return FAULT_MEMORY;
	list = realloc(prints->list, room * sizeof(*list));
	if (list == NULL)
		return FAULT_MEMORY;
	prints->list = list;
	prints->room = room;
	return 0;
}

uint64_t
fingerprint_exact_key(const uint8_t sha256[32])
{
	return print_key(mix_load(sha256), PRINT_EXACT);
}

uint64_t
fingerprint_content_key(uint64_t xxh3)
{
	return print_key(mix_u64(xxh3), PRINT_EXACT);
}

/* Tokens to winnowed grams and to atoms, in one pass. */
static int
tokens_and_atoms(struct prints *out, struct bytes text, const struct language *language,
		 enum print_use use)
{
	struct token tokens[TOKENS_AT_ONCE];
	struct atom_stage stage;
	struct winnow winnow;
	struct lexer lexer;
	size_t count;

	winnow_begin(&winnow, out, PRINT_TOKEN, use);
	atom_begin(&stage, out, text, language, use);
	lexer_begin(&lexer, text, language);
	while ((count = lexer_next(&lexer, tokens, TOKENS_AT_ONCE)) > 0) {
		for (size_t i = 0; i < count; i++) {
			const struct token *t = &tokens[i];

			/* ';' comes and goes with formatters. */
			if (t->code != ';' &&
			    winnow_part(&winnow, mix_u64(t->code), t->at, t->end, t->code) < 0)
				return FAULT_MEMORY;
		}
		if (atom_tokens(&stage, tokens, count) < 0)
			return FAULT_MEMORY;
	}
	if (winnow_end(&winnow) < 0)
		return FAULT_MEMORY;
	return atom_end(&stage);
}

/* What is registered must not be what everybody has; a question may be asked in vain. */
static void
drop_stop_keys(struct prints *prints, size_t from)
{
	size_t kept = from;

	for (size_t i = from; i < prints->count; i++)
		if (prints->list[i].kind == PRINT_PART || !is_stop_key(prints->list[i].key))
			prints->list[kept++] = prints->list[i];
	prints->count = kept;
}

int
fingerprint_text(struct prints *out, struct bytes text, const struct language *language,
		 enum print_use use, struct fault *fault)
{
	size_t from = out->count;

	if (text.left >> 28 != 0)
		return fault_set(fault, FAULT_LIMIT, "more than 256 MiB in one piece");
	if (winnow_words(out, text, use) < 0)
		return fault_memory(fault);
	/* Prose has no tokens and no literals that would mean anything. */
	if ((language->flags & LANGUAGE_PLAIN) == 0 &&
	    tokens_and_atoms(out, text, language, use) < 0)
		return fault_memory(fault);
	if (use == PRINT_REGISTER)
		drop_stop_keys(out, from);
	prints_sieve(out);
	return 0;
}
