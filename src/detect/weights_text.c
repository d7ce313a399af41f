/*
 * weights_text.c - text around models: training recipes in YAML, TOML and the like, vocabularies,
 * system prompts
 *
 * Knows: names that only training has, and how a line sets one.  Does not know: the languages; a
 * line is "NAME: VALUE" or "NAME = VALUE" whatever is around it.
 */
#include "detect/weights_read.h"

#include "base/own.h"
#include "base/text.h"

#define RECIPE_KEYS_MIN  3
#define PROMPT_BYTES_MIN 400

/* With one blank between them.  Common words (epochs, lr, seed) are left out on purpose. */
static const char recipe_keys[] =
    " learning_rate lora_r lora_rank lora_alpha lora_dropout lora_target_modules "
    "per_device_train_batch_size per_device_eval_batch_size gradient_accumulation_steps "
    "num_train_epochs warmup_ratio warmup_steps weight_decay lr_scheduler_type lr_scheduler "
    "max_grad_norm adam_beta1 adam_beta2 adam_epsilon micro_batch_size global_batch_size "
    "train_batch_size train_micro_batch_size_per_gpu max_seq_length sequence_len seq_length "
    "dataset_mix data_mix data_mixture dataset_weights base_model zero_optimization "
    "tensor_model_parallel_size pipeline_model_parallel_size gradient_checkpointing kl_coef "
    "reward_model dpo_beta sample_packing min_lr grad_clip gradient_clipping bf16 fp16 "
    "load_in_4bit load_in_8bit optimizer_type max_train_steps num_epochs block_size n_embd "
    "datasets_weights deepspeed flash_attention lr_decay_iters warmup_iters beta2 "
    "train_iters lr_warmup_fraction hidden_dropout attention_dropout num_attention_heads ";

/* One of these must be among them: networks of all kinds share the rest. */
static const char strong_keys[] =
    " learning_rate lora_r lora_rank lora_alpha per_device_train_batch_size "
    "gradient_accumulation_steps num_train_epochs train_micro_batch_size_per_gpu dataset_mix "
    "data_mix data_mixture dpo_beta kl_coef zero_optimization ";

/* Where it stands between blanks; NULL: it does not. */
static const char *
find_listed(struct bytes key, const char *list)
{
	const char *at = list;

	if (key.left < 4 || key.left > 40 || memchr(key.at, ' ', key.left) != NULL)
		return NULL;
	while ((at = memmem(at, strlen(at), key.at, key.left)) != NULL) {
		if (at[-1] == ' ' && at[key.left] == ' ')
			return at;
		at++;
	}
	return NULL;
}

static bool
is_listed(struct bytes key, const char *list)
{
	return find_listed(key, list) != NULL;
}

size_t
weights_recipe_key(struct bytes key)
{
	const char *at = find_listed(key, recipe_keys);

	return at == NULL ? 0 : (size_t)(at - recipe_keys);
}

bool
weights_is_recipe_key(struct bytes key)
{
	return is_listed(key, recipe_keys);
}

static struct bytes
take_line(struct bytes *in)
{
	const uint8_t *end = memchr(in->at, '\n', in->left);
	size_t length = end == NULL ? in->left : (size_t)(end - in->at);
	struct bytes line = bytes_slice(*in, 0, length);

	(void)bytes_skip(in, end == NULL ? length : length + 1);
	return line;
}

static bool
is_name_byte(uint8_t c)
{
	return text_is_alnum(c) || c == '_';
}

/* "  learning_rate: 3e-4", "lora_r = 16": the name; empty when the line is something else.  A
 * call's argument ("learning_rate=0.1,") and a type ("learning_rate: float = 1") are not. */
static struct bytes
setting_name(struct bytes line)
{
	const struct bytes none = bytes_make(NULL, 0);
	struct bytes name;
	size_t at = 0;

	while (line.left > 0 && (line.at[0] == ' ' || line.at[0] == '\t' || line.at[0] == '-'))
		(void)bytes_skip(&line, 1);
	while (line.left > 0 && (line.at[line.left - 1] == '\r' || line.at[line.left - 1] == ' '))
		line.left--;
	while (at < line.left && is_name_byte(line.at[at]))
		at++;
	name = bytes_slice(line, 0, at);
	while (at < line.left && line.at[at] == ' ')
		at++;
	if (at == line.left || (line.at[at] != ':' && line.at[at] != '=') ||
	    line.at[line.left - 1] == ',' || line.at[line.left - 1] == ';' ||
	    line.at[line.left - 1] == '(')
		return none;
	for (at++; at < line.left && line.at[at] == ' ';)
		at++;
	/* The value: a number, a word in quotes, true, false, none; or a block below. */
	if (at < line.left && !(line.at[at] >= '0' && line.at[at] <= '9') &&
	    strchr("-.\"'[tTfFnN", line.at[at]) == NULL)
		return none;
	if (bytes_find(bytes_slice(line, at, line.left), BYTES_OF("float")) == 0)
		return none;
	return name;
}

static bool
is_recipe(struct bytes in)
{
	unsigned keys = 0;
	bool strong = false;

	if (bytes_find(in, BYTES_OF("learning_rate")) < 0 &&
	    bytes_find(in, BYTES_OF("lora_")) < 0 && bytes_find(in, BYTES_OF("batch_size")) < 0 &&
	    bytes_find(in, BYTES_OF("_mix")) < 0)
		return false;
	while (in.left > 0) {
		struct bytes name = setting_name(take_line(&in));

		if (!weights_is_recipe_key(name))
			continue;
		keys++;
		strong |= is_listed(name, strong_keys);
	}
	return strong && keys >= RECIPE_KEYS_MIN;
}

/* Vocabularies: merges of byte-pair encoding, pieces of WordPiece. */
static bool
is_vocabulary(struct bytes in)
{
	struct bytes first;

	if (bytes_begins(in, BYTES_OF("[PAD]\n[unused")) ||
	    bytes_begins(in, BYTES_OF("[PAD]\n[UNK]\n[CLS]\n")))
		return true;
	if (!bytes_begins(in, BYTES_OF("#version: ")))
		return false;
	(void)take_line(&in);
	/* Pairs of parts, one blank between. */
	for (int i = 0; i < 20; i++) {
		first = take_line(&in);
		if (first.left < 3 || first.left > 200 || memchr(first.at, ' ', first.left) == NULL)
			return false;
	}
	return true;
}

/* "You are ..." at the front, then rules for somebody who is spoken to.  A guess, told as one. */
static bool
is_prompt(struct bytes in)
{
	static const char *const phrases[] = {"You must",          "Never reveal",  "Do not reveal",
					      "the user",          "system prompt", "Your task",
					      "your instructions", "Respond "};
	unsigned found = 0;

	if (bytes_begins(in, BYTES_OF("# ")))
		(void)take_line(&in);
	while (in.left > 0 && in.at[0] != 0 && strchr(" \r\n\t\"'", in.at[0]) != NULL)
		(void)bytes_skip(&in, 1);
	if (in.left < PROMPT_BYTES_MIN || !bytes_begins(in, BYTES_OF("You are ")))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		found += bytes_find(in, bytes_text(phrases[i])) >= 0;
	return found >= 2;
}

bool
weights_text(struct bytes front, bool whole, struct weights_info *info)
{
	(void)whole;
	if (is_vocabulary(front))
		info->rule = weights_rule_tokenizer;
	else if (is_prompt(front))
		info->rule = weights_rule_prompt;
	else if (is_recipe(front))
		info->rule = weights_rule_recipe;
	return info->rule != NULL;
}
