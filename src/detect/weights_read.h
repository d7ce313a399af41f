/*
 * weights_read.h - model weights and recipes, read by structure while the blob passes by
 *
 * Weights are large: a reader sees windows, keeps the offset of the next header it wants, and
 * jumps over what lies between.  A header (WEIGHTS_HEADER_MAX bytes at most) is never cut, because
 * windows overlap by more than that.  No reader trusts a size: it is only added to the offset.
 */
#ifndef DETECT_WEIGHTS_READ_H
#define DETECT_WEIGHTS_READ_H

#include "base/json_push.h"
#include "detect/detect.h"

#define WEIGHTS_HEADER_MAX 8192
#define WEIGHTS_TEXT_MAX   64

/* What a blob turned out to be.  Static names of rules; NULL: nothing. */
struct weights_info {
	const char *rule;
	uint64_t tensors, parameters;
	uint64_t bytes;                      /* of tensors; 0: the size of the blob */
	char dtype[16];                      /* of the first tensor: "BF16"; "": not told */
	char architecture[WEIGHTS_TEXT_MAX]; /* "llama", "LlamaForCausalLM"; "": not told */
	bool optimizer;              /* holds the state of an optimizer: can be trained on */
	bool small_is_usual;         /* arrays that are as likely data of a test as weights */
	char code[WEIGHTS_TEXT_MAX]; /* pickle: what it would call; "": nothing dangerous */
	uint64_t outputs;            /* notebook: cells with output */
};

extern const char weights_rule_safetensors[], weights_rule_gguf[], weights_rule_ggml[],
    weights_rule_onnx[], weights_rule_coreml[], weights_rule_saved_model[], weights_rule_tflite[],
    weights_rule_pytorch[], weights_rule_pickle[], weights_rule_arrays[], weights_rule_keras[],
    weights_rule_tfjs[], weights_rule_code[], weights_rule_config[], weights_rule_recipe[],
    weights_rule_tokenizer[], weights_rule_notebook[], weights_rule_prompt[], weights_rule_data[];

/* The bytes of the blob from `at` on that the window holds.  False: not there yet, wait for the
 * next window; `need` bytes are there unless the blob ends before. */
bool weights_at(const struct detect_window *window, uint64_t at, size_t need, struct bytes *out);

/* Copy a name, cut and made printable. */
void weights_name(char *out, size_t room, struct bytes name);

/* Multiply-and-add that sticks to the maximum. */
uint64_t weights_times(uint64_t a, uint64_t b);
uint64_t weights_plus(uint64_t a, uint64_t b);

/* Readers that go along: feed each window in turn.  `broken` or `done` ends it for good. */
struct weights_safetensors {
	struct json_push push;
	struct weights_info *info;
	uint64_t at, header_end;
	uint64_t shape, first_offset, end_offset;
	unsigned offsets;
	char key[16];   /* the member at depth 2 */
	bool is_tensor; /* a dtype was there */
	bool metadata;
	bool started, done;
};

struct weights_gguf {
	struct weights_info *info;
	uint64_t at, pairs_left, tensors_left, strings_left;
	bool started, done;
};

#define WEIGHTS_PROTOBUF_DEPTH 4
struct weights_protobuf {
	struct weights_info *info;
	uint64_t at;
	uint64_t end[WEIGHTS_PROTOBUF_DEPTH]; /* where the message of each level ends */
	unsigned depth;
	uint64_t shape, data_type; /* of the tensor being read */
	uint64_t fields;           /* seen at the top: bit n for field n below 63 */
	unsigned looks;            /* into messages of the top */
	bool is_coreml, is_saved_model, done;
};

#define WEIGHTS_MEMO_MAX 4096
struct weights_pickle {
	struct weights_info *info;
	struct arena *arena;
	uint64_t at;
	uint64_t last_int;
	char strings[2][WEIGHTS_TEXT_MAX]; /* the last two on the stack, newest first */
	char (*memo)[WEIGHTS_TEXT_MAX];    /* strings only; NULL until the first */
	uint64_t memo_count;
	bool top_is_string;
	unsigned pickles;
	unsigned storage_bytes; /* of one element of the last storage type */
	bool torch, learned;
	bool between; /* one pickle ended; another may begin */
	bool done;
};

int weights_safetensors_feed(struct weights_safetensors *s, const struct detect_window *window);
int weights_gguf_feed(struct weights_gguf *g, const struct detect_window *window);
int weights_protobuf_feed(struct weights_protobuf *p, const struct detect_window *window);
int weights_pickle_feed(struct weights_pickle *p, const struct detect_window *window);

/* Readers of the front: what the first window shows.  True when they know it. */
bool weights_ggml(struct bytes front, struct weights_info *info);
bool weights_tflite(struct bytes front, struct weights_info *info);
bool weights_npy(struct bytes front, struct weights_info *info);
bool weights_hdf5(struct bytes front, struct weights_info *info);
bool weights_sentencepiece(struct bytes front, struct weights_info *info);

/* JSON and text: `whole` says that `front` is all of it. */
bool weights_json(struct bytes front, bool whole, struct weights_info *info);
bool weights_text(struct bytes front, bool whole, struct weights_info *info);

/* Names of a training recipe ("learning_rate", "lora_r", ...). */
bool weights_is_recipe_key(struct bytes key);
/* A number of its own for each such name; 0: it is none. */
size_t weights_recipe_key(struct bytes key);

/* Does the end of the blob carry columns of a conversation data set (Parquet)? */
bool weights_parquet_tail(struct bytes tail, struct weights_info *info);

#endif
