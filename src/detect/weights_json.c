/*
 * weights_json.c - JSON around models: configurations, recipes, tokenizers, notebooks, data sets
 *
 * Knows: which member names stand together in each of them.  Does not know: file names, and what
 * comes behind the front that it is shown: writers put the telling members first.
 */
#include "detect/weights_read.h"

#include "base/own.h"

#define VALUES_MAX 4 /* of JSON lines */

enum mark {
	MARK_ARCHITECTURES,
	MARK_MODEL_TYPE,
	MARK_SHAPE, /* hidden_size and the like */
	MARK_GENERATION,
	MARK_TOKEN_IDS,
	MARK_ADDED_TOKENS,
	MARK_TOKEN_MODEL, /* "model" or "normalizer", "pre_tokenizer" */
	MARK_TOKENIZER_CLASS,
	MARK_CELLS,
	MARK_CELL_TYPE,
	MARK_WEIGHTS_MANIFEST,
	MARK_TOPOLOGY,
	MARK_LOG_HISTORY,
	MARK_GLOBAL_STEP,
	MARK_ZERO,
	MARK_MESSAGES,
	MARK_ROLE,
	MARK_CONTENT,
	MARK_PROMPT,
	MARK_ANSWER,
	MARK_WEIGHT_MAP,
};

static const struct {
	const char *key;
	uint8_t mark;
	uint8_t depth_min, depth_max;
} known[] = {
    {"architectures", MARK_ARCHITECTURES, 1, 1},
    {"model_type", MARK_MODEL_TYPE, 1, 1},
    {"hidden_size", MARK_SHAPE, 1, 2},
    {"num_hidden_layers", MARK_SHAPE, 1, 2},
    {"num_attention_heads", MARK_SHAPE, 1, 2},
    {"n_embd", MARK_SHAPE, 1, 1},
    {"n_layer", MARK_SHAPE, 1, 1},
    {"d_model", MARK_SHAPE, 1, 1},
    {"intermediate_size", MARK_SHAPE, 1, 2},
    {"do_sample", MARK_GENERATION, 1, 1},
    {"temperature", MARK_GENERATION, 1, 1},
    {"max_new_tokens", MARK_GENERATION, 1, 1},
    {"_from_model_config", MARK_GENERATION, 1, 1},
    {"bos_token_id", MARK_TOKEN_IDS, 1, 1},
    {"eos_token_id", MARK_TOKEN_IDS, 1, 1},
    {"added_tokens", MARK_ADDED_TOKENS, 1, 1},
    {"added_tokens_decoder", MARK_ADDED_TOKENS, 1, 1},
    {"pre_tokenizer", MARK_TOKEN_MODEL, 1, 1},
    {"normalizer", MARK_TOKEN_MODEL, 1, 1},
    {"tokenizer_class", MARK_TOKENIZER_CLASS, 1, 1},
    {"cells", MARK_CELLS, 1, 1},
    {"cell_type", MARK_CELL_TYPE, 3, 3},
    {"weightsManifest", MARK_WEIGHTS_MANIFEST, 1, 1},
    {"modelTopology", MARK_TOPOLOGY, 1, 1},
    {"log_history", MARK_LOG_HISTORY, 1, 1},
    {"global_step", MARK_GLOBAL_STEP, 1, 1},
    {"zero_optimization", MARK_ZERO, 1, 1},
    {"messages", MARK_MESSAGES, 1, 2},
    {"conversations", MARK_MESSAGES, 1, 2},
    {"role", MARK_ROLE, 3, 4},
    {"from", MARK_ROLE, 3, 4},
    {"content", MARK_CONTENT, 3, 4},
    {"value", MARK_CONTENT, 3, 4},
    {"prompt", MARK_PROMPT, 1, 2},
    {"instruction", MARK_PROMPT, 1, 2},
    {"completion", MARK_ANSWER, 1, 2},
    {"output", MARK_ANSWER, 1, 2},
    {"chosen", MARK_ANSWER, 1, 2},
    {"weight_map", MARK_WEIGHT_MAP, 1, 1},
};

#define RECIPE_KEYS_MIN 3

struct reading {
	struct weights_info *info;
	uint32_t marks;
	unsigned shapes; /* members that give the shape of a network */
	/* Names of a recipe, each once: a table of one setting for many sizes is none. */
	unsigned recipe_keys;
	size_t recipe_names[RECIPE_KEYS_MIN];
	size_t recipe_name; /* of the key at hand */
	bool key_is_recipe, key_is_architecture, key_is_type;
	uint64_t numbers;     /* members at the top whose value is a number */
	uint64_t token_parts; /* of them, those whose name is a part of a word */
	bool key_is_part;
};

static bool
has(const struct reading *r, enum mark mark)
{
	return (r->marks >> mark & 1) != 0;
}

static bool
is_token_part(struct bytes key)
{
	return bytes_begins(key, BYTES_OF("\xc4\xa0")) || bytes_begins(key, BYTES_OF("##")) ||
	       bytes_begins(key, BYTES_OF("\xe2\x96\x81")) || bytes_ends(key, BYTES_OF("</w>"));
}

static void
on_key(struct reading *r, struct bytes key, uint32_t depth)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (depth >= known[i].depth_min && depth <= known[i].depth_max &&
		    bytes_equal(key, bytes_text(known[i].key))) {
			r->marks |= (uint32_t)1 << known[i].mark;
			r->shapes += known[i].mark == MARK_SHAPE;
		}
	r->recipe_name = depth <= 3 ? weights_recipe_key(key) : 0;
	r->key_is_recipe = r->recipe_name > 0;
	r->key_is_architecture = depth == 1 && bytes_equal(key, BYTES_OF("architectures"));
	r->key_is_type = depth == 1 && bytes_equal(key, BYTES_OF("model_type"));
	r->key_is_part = depth == 1 && is_token_part(key);
	r->info->outputs += depth == 5 && bytes_equal(key, BYTES_OF("output_type"));
}

static void
count_recipe(struct reading *r)
{
	for (unsigned i = 0; i < r->recipe_keys; i++)
		if (r->recipe_names[i] == r->recipe_name)
			return;
	if (r->recipe_keys < RECIPE_KEYS_MIN)
		r->recipe_names[r->recipe_keys++] = r->recipe_name;
}

static int
on_event(void *context, const struct json_event *event, struct fault *fault)
{
	struct reading *r = context;
	struct weights_info *info = r->info;

	(void)fault;
	if (!event->begins && (event->type == JSON_EVENT_STRING || event->type == JSON_EVENT_KEY))
		return 0;
	switch (event->type) {
	case JSON_EVENT_KEY:
		on_key(r, event->piece, event->depth);
		return 0;
	case JSON_EVENT_STRING:
		if ((r->key_is_architecture || (r->key_is_type && info->architecture[0] == '\0')))
			weights_name(info->architecture, sizeof(info->architecture), event->piece);
		break;
	case JSON_EVENT_NUMBER:
		r->numbers += event->depth == 1;
		r->token_parts += event->depth == 1 && r->key_is_part;
		break;
	case JSON_EVENT_ARRAY_BEGIN: /* of architectures: the name comes in it */
		return 0;
	case JSON_EVENT_OBJECT_BEGIN:
		r->key_is_recipe = false;
		return 0;
	default:
		break;
	}
	if (r->key_is_recipe)
		count_recipe(r);
	r->key_is_recipe = r->key_is_architecture = r->key_is_type = false;
	return 0;
}

/* A conversation, or question and answer. */
static bool
is_example(const struct reading *r)
{
	return (has(r, MARK_MESSAGES) && has(r, MARK_ROLE) && has(r, MARK_CONTENT)) ||
	       (has(r, MARK_PROMPT) && has(r, MARK_ANSWER) && r->numbers < 4);
}

static const char *
settle(const struct reading *r, unsigned values)
{
	if (has(r, MARK_WEIGHTS_MANIFEST))
		return weights_rule_tfjs;
	if (has(r, MARK_CELLS) && has(r, MARK_CELL_TYPE))
		return weights_rule_notebook;
	if ((has(r, MARK_ADDED_TOKENS) &&
	     (has(r, MARK_TOKEN_MODEL) || has(r, MARK_TOKENIZER_CLASS))) ||
	    (r->token_parts >= 100 && r->token_parts * 10 >= r->numbers))
		return weights_rule_tokenizer;
	if (r->recipe_keys >= RECIPE_KEYS_MIN || (has(r, MARK_ZERO) && r->recipe_keys >= 1) ||
	    (has(r, MARK_LOG_HISTORY) && has(r, MARK_GLOBAL_STEP)))
		return weights_rule_recipe;
	if ((has(r, MARK_ARCHITECTURES) && r->shapes >= 1) ||
	    (has(r, MARK_MODEL_TYPE) && r->shapes >= 2) || has(r, MARK_WEIGHT_MAP) ||
	    (has(r, MARK_GENERATION) && has(r, MARK_TOKEN_IDS)))
		return weights_rule_config;
	if (values >= 2 && is_example(r))
		return weights_rule_data;
	return NULL;
}

static void
skip_blanks(struct bytes *in)
{
	while (in->left > 0 && strchr(" \t\r\n", in->at[0]) != NULL && in->at[0] != 0)
		(void)bytes_skip(in, 1);
}

bool
weights_json(struct bytes front, bool whole, struct weights_info *info)
{
	struct reading reading = {.info = info};
	struct json_push push;
	unsigned values = 0;
	bool in_array;

	(void)whole;
	skip_blanks(&front);
	in_array = front.left > 0 && front.at[0] == '[';
	while (values < VALUES_MAX && front.left > 0 && strchr("{[", front.at[0]) != NULL) {
		json_push_init(&push, on_event, &reading, JSON_PUSH_STOP);
		if (json_push_feed(&push, &front, NULL) != JSON_PUSH_DONE) {
			/* The front cut it: what was read counts. */
			values += values > 0 || in_array;
			break;
		}
		values++;
		skip_blanks(&front);
	}
	info->rule = settle(&reading, in_array ? 2 : values);
	return info->rule != NULL;
}
